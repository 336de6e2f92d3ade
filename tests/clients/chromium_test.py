# A real Chromium on the demo site: what a browser shows, asks for again, and complains about.
# Usage: chromium_test.py BUILD SOURCE
import pathlib
import sys
import tempfile

from server import Server, need, succeed

build, source = map(pathlib.Path, sys.argv[1:])
need("chromium", "node")
with tempfile.TemporaryDirectory() as folder:
    with Server(build, source / "config/quickstart.yaml", pathlib.Path(folder), KIRSCH_PORT="0") as server:
        succeed("chromium.mjs", server.url, timeout=90)
