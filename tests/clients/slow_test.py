# slowhttptest's slow heads, bodies and readers: each ends at the server's limits, and a good client is served
# all the time. Usage: slow_test.py BUILD
import contextlib
import pathlib
import subprocess
import sys
import time
import unittest
import urllib.request

from server import folder_of, need, server_of

BUILD = pathlib.Path(sys.argv[1])
YAML = """version: 1
plugins: { path: ["%s/plugins"] }
engine: { signals: {} }
listeners: { main: { bind: "127.0.0.1:0" } }
server: { loops: 2, limits: { head_time: 1s, body_idle: 1s, write_idle: 1s } }
logs: { access: { to: access.log } }
tools: { accesslog: { format: "{target} {status} {complete}" } }
paths:
  /: { handler: { static: { root: "%s" } } }
  /echo: { handler: { echo: {} } }
"""


class SlowClients(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        top = folder_of(cls)
        (top / "site").mkdir()
        (top / "site" / "large.bin").write_bytes(b"x" * (8 << 20))
        (top / "site" / "good.txt").write_text("good")
        cls.access = top / "access.log"
        cls.server = server_of(cls, BUILD, YAML % (BUILD, top / "site"), top)

    def descriptors(self):
        return len(list(pathlib.Path(f"/proc/{self.server.process.pid}/fd").iterdir()))

    def good(self):
        with urllib.request.urlopen(self.server.url + "/good.txt", timeout=20) as answer:
            self.assertEqual(answer.read(), b"good")

    def ended(self, ending):
        return sum(line.endswith(ending) for line in self.access.read_text().splitlines())

    # 500 clients, and a probe that slowhttptest sends now and then; the server ends each of them with such a line in its
    # log, which no good one has.
    def attack(self, ending, path, *options):
        self.good()
        goal = self.ended(ending) + 500
        # Two more, because each loop may remember the large file; another for a connection that is about to end.
        most_open, served, until = self.descriptors() + 3, 0, time.monotonic() + 30
        attack = subprocess.Popen(["slowhttptest", "-c", "500", "-r", "500", "-l", "60", "-u", self.server.url + path,
                                   *options], stdout=subprocess.DEVNULL)
        try:
            while (self.ended(ending) < goal or self.descriptors() > most_open) and time.monotonic() < until:
                self.good()
                served += 1
                with contextlib.suppress(subprocess.TimeoutExpired):
                    attack.wait(0.02)  # asked without a pause, the server and this would take all of a processor
        finally:
            attack.terminate()
            attack.wait()
        self.assertGreaterEqual(self.ended(ending), goal)
        while self.descriptors() > most_open and time.monotonic() < until:
            self.good()
        self.assertLessEqual(self.descriptors(), most_open)
        self.assertGreater(served, 2)

    def test_slow_heads(self):
        self.attack("408 true", "/good.txt", "-H", "-i", "2")

    def test_slow_bodies(self):
        self.attack("/echo 408 true", "/echo", "-B", "-i", "2", "-s", "8192")

    def test_slow_readers(self):
        self.attack("/large.bin 200 false", "/large.bin", "-X", "-w", "512", "-y", "1024", "-n", "5", "-z", "32")


need("slowhttptest")
unittest.main(argv=sys.argv[:1], verbosity=2)
