# tools/serve where everything is built: it builds nothing again, prints the URL, and the quickstart answers there.
# Usage: serve_test.py SOURCE
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import unittest
import urllib.error
import urllib.request

SOURCE = pathlib.Path(sys.argv[1])
BUILT = [SOURCE / "build/release/bin/kirsch", *(SOURCE / "build/release/plugins").glob("*.so")]


def times():
    return {path: path.stat().st_mtime_ns for path in BUILT}


class Serve(unittest.TestCase):
    def run_serve(self, *arguments):
        return subprocess.run([SOURCE / "tools/serve", *arguments], cwd=SOURCE, capture_output=True, text=True)

    def test_serves_the_quickstart_at_the_url_that_it_prints_and_builds_nothing_twice(self):
        before = times()
        with tempfile.TemporaryDirectory() as state, tempfile.TemporaryFile("w+") as errors, subprocess.Popen(
                [SOURCE / "tools/serve", "--port", "0"], stdout=subprocess.PIPE, stderr=errors, text=True,
                env=os.environ | {"STATE_DIRECTORY": state, "KIRSCH_SETUP": "skip"}) as server:
            try:
                url = None
                for line in server.stdout:
                    if line.startswith("serving "):
                        url = line.split()[1]
                    if line == "ready\n":
                        break
                errors.seek(0)
                self.assertIsNotNone(url, errors.read())
                self.assertRegex(url, r"^http://127\.0\.0\.1:[1-9][0-9]*$")
                with urllib.request.urlopen(url + "/hello", timeout=20) as answer:
                    self.assertEqual(answer.read(), b"Hello from Kirsch.\n")
                    self.assertEqual(answer.headers["X-Content-Type-Options"], "nosniff")
                with urllib.request.urlopen(url + "/", timeout=20) as answer:
                    self.assertIn(b"<html", answer.read().lower())
                with urllib.request.urlopen(url + "/chat/", timeout=20) as answer:
                    self.assertIn(b"<title>Chat</title>", answer.read())
                with self.assertRaises(urllib.error.HTTPError) as refused:
                    urllib.request.urlopen(url + "/nowhere", timeout=20)
                self.assertEqual(refused.exception.code, 404)
                refused.exception.close()
            finally:
                server.send_signal(signal.SIGTERM)
                server.stdout.read()
        self.assertEqual(server.returncode, 0)
        self.assertEqual(times(), before)

    def test_refuses_what_it_cannot_serve_before_it_builds(self):
        for arguments, sentence in ((["--port", "http"], "Usage:"), (["nowhere.yaml"], "cannot read"),
                                    (["--port", "8080", "config/limits.yaml"], "does not mention ${KIRSCH_PORT}")):
            said = self.run_serve(*arguments)
            self.assertEqual(said.returncode, 2, arguments)
            self.assertIn(sentence, said.stderr)
            self.assertEqual(said.stdout, "")


unittest.main(argv=sys.argv[:1], verbosity=2)
