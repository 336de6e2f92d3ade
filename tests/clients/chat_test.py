# The chat of config/quickstart.yaml in a real Chromium: several guests, one of them over TLS. Screenshots of them stay in
# tests/clients/screenshots of the build. Usage: chat_test.py BUILD SOURCE
import pathlib
import subprocess
import sys
import tempfile

from server import Server, certify, need, pin_of, succeed

# One loop sees what happens in the order in which it happens: a guest leaves before the same one comes back.
YAML = """version: 1
include: ["%s/config/quickstart.yaml"]
plugins: { path: ["%s/plugins"] }
server: { keeper: on, loops: 1 }
listeners:
  tls: { bind: "127.0.0.1:0", tls: { certificate: cert.pem, private_key: privkey.pem, certificate_chain: ca.pem } }
"""

build, source = map(pathlib.Path, sys.argv[1:])
need("chromium", "node", "npm", "openssl")
work = build / "tests/clients"
subprocess.run([source / "tests/support/fetch_npm", source / "tests/clients", work / "node"], check=True)
with tempfile.TemporaryDirectory() as folder:
    top = pathlib.Path(folder)
    yaml = top / "kirsch.yaml"
    yaml.write_text(YAML % (source, build))
    certify(build, top)
    with Server(build, yaml, top, KIRSCH_PORT="0") as server:
        succeed("chromium_chat.mjs", work, server.url, f"https://localhost:{server.secure_port}", pin_of(top / "cert.pem"),
                build / "bin/kirsch", yaml, timeout=150, KIRSCH_PORT="0")
