# Clients that others have written, over TLS: curl, OpenSSL, GnuTLS, Python, Node and a real Chromium, with a certificate
# of a local authority that each of them is told to trust.
# Usage: tls_test.py BUILD
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import httpx

from server import certify, folder_of, need, pin_of, server_of, succeed

BUILD = pathlib.Path(sys.argv[1])
YAML = """version: 1
plugins: { path: ["%s/plugins"] }
engine: { signals: {} }
listeners:
  plain: { bind: "127.0.0.1:0", redirect: https }
  tls: { bind: "127.0.0.1:0", tls: { certificate: cert.pem, private_key: privkey.pem, certificate_chain: ca.pem } }
tools: { secureheaders: {} }
paths:
  /: { handler: { static: { root: "%s" } } }
  /echo: { handler: { echo: {} } }
"""
REQUEST = b"GET /hello.txt HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def run(*command, **more):
    return subprocess.run(command, capture_output=True, timeout=90, **more)


class TlsClients(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        top = folder_of(cls)
        (top / "site").mkdir()
        (top / "site" / "hello.txt").write_text("hello\n")
        (top / "site" / "index.html").write_text("<title>over TLS</title><script src=script.js></script>")
        certify(BUILD, top)
        cls.authority = top / "ca.pem"
        cls.certificate = top / "cert.pem"
        cls.server = server_of(cls, BUILD, YAML % (BUILD, top / "site"), top)
        cls.port = cls.server.secure_port
        cls.url = f"https://localhost:{cls.port}"

    def curl(self, *arguments):
        done = run("curl", "--silent", "--show-error", "--max-time", "30", "--cacert", self.authority, *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_curl(self):
        for version in ("1.2", "1.3"):
            self.assertEqual(self.curl(f"--tlsv{version}", "--tls-max", version, f"{self.url}/hello.txt"), b"hello\n")
        self.assertEqual(self.curl("-L", self.server.url.replace("127.0.0.1", "localhost") + "/hello.txt"), b"hello\n")
        with tempfile.NamedTemporaryFile() as body:
            body.write(b"y" * 900_000)
            body.flush()
            self.assertIn(b"y" * 900_000, self.curl("--data-binary", f"@{body.name}", f"{self.url}/echo"))
        said = self.curl("-o", os.devnull, "-w", "%{num_connects}\n", f"{self.url}/hello.txt?[1-50]")
        self.assertEqual(sum(int(line) for line in said.split()), 1)

    def test_curl_does_not_trust_a_stranger(self):
        done = run("curl", "--silent", f"{self.url}/hello.txt")
        self.assertEqual(done.returncode, 60)

    def test_openssl_resumes(self):
        with tempfile.TemporaryDirectory() as folder:
            session = pathlib.Path(folder) / "session"
            command = ["openssl", "s_client", "-connect", f"localhost:{self.port}", "-servername", "localhost",
                       "-CAfile", self.authority, "-verify_return_error", "-ign_eof"]
            first = run(*command, "-sess_out", session, input=REQUEST)
            self.assertIn(b"Verify return code: 0 (ok)", first.stdout)
            self.assertIn(b"\r\n\r\nhello\n", first.stdout)
            self.assertIn(b"\nReused, TLSv1.3", run(*command, "-sess_in", session, input=REQUEST).stdout)

    def test_gnutls(self):
        for version in ("1.2", "1.3"):
            command = ["gnutls-cli", "--x509cafile", self.authority, "--priority", f"NORMAL:-VERS-ALL:+VERS-TLS{version}",
                       "--port", str(self.port), "localhost"]
            # Where its input ends it waits for an answer only briefly.
            with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as client:
                client.stdin.write(REQUEST)
                client.stdin.flush()
                said = client.stdout.read()
            self.assertEqual(client.returncode, 0, said)
            self.assertIn(b"The certificate is trusted", said)
            self.assertIn(b"\r\n\r\nhello\n", said)

    def test_httpx(self):
        with httpx.Client(base_url=self.url, verify=str(self.authority)) as client:
            for _ in range(20):
                self.assertEqual(client.get("/hello.txt").text, "hello\n")
            self.assertIn("z" * 900_000, client.post("/echo", content="z" * 900_000).text)

    def test_fetch(self):
        code = f"""const answers = await Promise.all(Array.from({{ length: 50 }}, () => fetch("{self.url}/hello.txt")));
          for (const answer of answers) if (await answer.text() !== "hello\\n") process.exit(1);"""
        done = run("node", "--input-type=module", "-e", code, env=os.environ | {"NODE_EXTRA_CA_CERTS": str(self.authority)})
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_chromium(self):
        plain = self.server.url.replace("127.0.0.1", "localhost")
        succeed("chromium_tls.mjs", self.url, plain, pin_of(self.certificate), timeout=90)


need("curl", "node", "openssl", "gnutls-cli", "chromium")
unittest.main(argv=sys.argv[:1], verbosity=2)
