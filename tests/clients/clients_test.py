# Clients that others have written: curl, Python's httpx, Node's fetch. Each sees files, conditions, ranges, compressed
# forms, redirects, error pages, bodies of known and unknown length, and connections that stay.
# Usage: clients_test.py BUILD
import gzip
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import httpx

from server import folder_of, need, server_of, succeed

BUILD = pathlib.Path(sys.argv[1])
YAML = """version: 1
plugins: { path: ["%s/plugins"] }
engine: { signals: {} }
listeners:
  main: { bind: "127.0.0.1:0" }
  local: { bind: "unix:%s" }
tools: { secureheaders: {} }
paths:
  /: { handler: { static: { root: "%s", precompressed: [gzip] } } }
  /echo: { handler: { echo: {} } }
"""


class Clients(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        top = folder_of(cls)
        site = top / "site"
        (site / "docs").mkdir(parents=True)
        (site / "page.txt").write_text("plain text\n")
        (site / "page.txt.gz").write_bytes(gzip.compress(b"plain text\n"))
        (site / "plain.bin").write_text("0123456789")
        (site / "docs" / "index.html").write_text("<h1>docs</h1>")
        cls.socket = top / "kirsch.sock"
        cls.url = server_of(cls, BUILD, YAML % (BUILD, cls.socket, site), top).url

    def curl(self, *arguments):
        done = subprocess.run(["curl", "--silent", "--show-error", "--max-time", "30", *arguments], capture_output=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_curl(self):
        self.assertEqual(self.curl("--compressed", f"{self.url}/page.txt"), b"plain text\n")
        self.assertEqual(self.curl("-r", "2-4", f"{self.url}/plain.bin"), b"234")
        self.assertEqual(self.curl("-L", f"{self.url}/docs"), b"<h1>docs</h1>")
        self.assertIn(b"404", self.curl("-o", os.devnull, "-w", "%{http_code}", f"{self.url}/none"))
        self.assertIn(b"\r\nAccept-Ranges: bytes\r\n", self.curl("--head", f"{self.url}/plain.bin"))
        self.assertEqual(self.curl("--http1.0", f"{self.url}/plain.bin"), b"0123456789")
        self.assertEqual(self.curl("--unix-socket", self.socket, "http://localhost/plain.bin"), b"0123456789")
        with tempfile.NamedTemporaryFile() as body:
            body.write(b"y" * 900_000)
            body.flush()
            # curl asks with Expect: 100-continue and waits for the answer.
            for way in (["-H", "Expect: 100-continue"], ["-H", "Transfer-Encoding: chunked"]):
                self.assertIn(b"y" * 900_000, self.curl(*way, "--data-binary", f"@{body.name}", f"{self.url}/echo"))

    def test_curl_resumes_a_download_and_keeps_the_time(self):
        with tempfile.TemporaryDirectory() as folder:
            part = pathlib.Path(folder) / "plain.bin"
            part.write_text("01234")
            self.curl("-C", "-", "-R", "-o", part, f"{self.url}/plain.bin")
            self.assertEqual(part.read_text(), "0123456789")
            said = self.curl("-z", part, "-o", os.devnull, "-w", "%{http_code}", f"{self.url}/plain.bin")
            self.assertEqual(said, b"304")

    def test_curl_keeps_its_connection(self):
        said = self.curl("-o", os.devnull, "-w", "%{num_connects}\n", f"{self.url}/plain.bin?[1-50]")
        self.assertEqual(sum(int(line) for line in said.split()), 1)

    def test_httpx(self):
        with httpx.Client(base_url=self.url, follow_redirects=True) as client:
            page = client.get("/page.txt")
            self.assertEqual((page.text, page.headers["content-encoding"]), ("plain text\n", "gzip"))
            again = client.get("/page.txt", headers={"If-None-Match": page.headers["etag"]})
            self.assertEqual((again.status_code, again.content), (304, b""))
            part = client.get("/plain.bin", headers={"Range": "bytes=-3"})
            self.assertEqual((part.status_code, part.text, part.headers["content-range"]), (206, "789", "bytes 7-9/10"))
            self.assertEqual(client.get("/docs").text, "<h1>docs</h1>")
            self.assertEqual(client.get("/none").status_code, 404)
            self.assertIn("z" * 900_000, client.post("/echo", content="z" * 900_000).text)
            pieces = client.post("/echo", content=(f"piece {i}\n".encode() for i in range(100)))
            self.assertIn("piece 99\n", pieces.text)

    def test_fetch(self):
        succeed("fetch.mjs", self.url, timeout=60)


need("curl", "node")
unittest.main(argv=sys.argv[:1], verbosity=2)
