# A real Chromium as a member of a site: sessions in files, with csrf and auth_session, over a reload and a restart.
# Usage: sessions_test.py BUILD
import pathlib
import sys
import tempfile

from server import Server, need, succeed

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
need("chromium", "node")
with tempfile.TemporaryDirectory() as folder:
    yaml = pathlib.Path(folder) / "kirsch.yaml"
    yaml.write_text(YAML % (build, build))
    with Server(build, yaml, pathlib.Path(folder)) as server:
        succeed("chromium_sessions.mjs", server.url, build / "bin/kirsch", yaml, timeout=150)
