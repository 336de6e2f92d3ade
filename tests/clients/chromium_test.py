# A real Chromium on the demo site: what a browser shows, asks for again, and complains about.
# Usage: chromium_test.py BUILD SOURCE
import pathlib
import shutil
import subprocess
import sys
import tempfile

from server import Server

build, source = map(pathlib.Path, sys.argv[1:])
for tool in ("chromium", "node"):
    if shutil.which(tool) is None:
        raise SystemExit(f"{tool} is missing: tools/setup --tests")
with tempfile.TemporaryDirectory() as folder:
    server = Server(build, source / "config/quickstart.yaml", pathlib.Path(folder), KIRSCH_PORT="0")
    try:
        visit = subprocess.run(["node", pathlib.Path(__file__).parent / "chromium.mjs", server.url], capture_output=True,
                               text=True, timeout=90)
    finally:
        server.stop()
if (visit.returncode, visit.stdout) != (0, "ok\n"):
    raise SystemExit(f"{visit.stdout}{visit.stderr}")
