# A real Chromium as a member of a site: sessions in files, with csrf and auth_session, over a reload and a restart.
# Usage: sessions_test.py BUILD
import pathlib
import shutil
import subprocess
import sys
import tempfile

from server import Server

YAML = """version: 1
plugins: { path: ["%s/plugins", "%s/fixtures"] }
engine: { signals: {} }
server: { keeper: on }
listeners: { main: { bind: "127.0.0.1:0" } }
pipelines:
  people:
    sessions: { storage: { file: { path: sessions } }, secure: auto }
    csrf: {}
paths:
  /login: { handler: { members_login: {} }, tools: { use: [people] } }
  /logout: { handler: { members_logout: {} }, tools: { use: [people], auth_session: { login: /login } } }
  /members/: { handler: { members_visits: {} }, tools: { use: [people], auth_session: { login: /login } } }
"""

build = pathlib.Path(sys.argv[1])
for tool in ("chromium", "node"):
    if shutil.which(tool) is None:
        raise SystemExit(f"{tool} is missing: tools/setup --tests")
with tempfile.TemporaryDirectory() as folder:
    yaml = pathlib.Path(folder) / "kirsch.yaml"
    yaml.write_text(YAML % (build, build))
    server = Server(build, yaml, pathlib.Path(folder))
    try:
        visit = subprocess.run(["node", pathlib.Path(__file__).parent / "chromium_sessions.mjs", server.url,
                                build / "bin/kirsch", yaml], capture_output=True, text=True, timeout=150)
    finally:
        server.stop()
if (visit.returncode, visit.stdout) != (0, "ok\n"):
    raise SystemExit(f"{visit.stdout}{visit.stderr}{server.log.read_text()}")
