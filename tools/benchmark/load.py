# Runs the load generator and reads what it saw.
import http.client
import json
import pathlib
import select
import subprocess
import sys

from benchmark.running import CLIENT_CORE, Failure, pinned


def request_file(folder, method="GET", path="/", body=0, headers=(), name="request"):
    """Writes the bytes of a request; `body` is its length."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *(f"{field}: {value}" for field, value in headers)]
    if body:
        lines.append(f"Content-Length: {body}")
    file = folder / name
    folder.mkdir(parents=True, exist_ok=True)
    file.write_bytes("\r\n".join(lines).encode() + b"\r\n\r\n" + b"x" * body)
    return file


def cookie_of(address, path):
    """The request's header field of a new client that has been there once."""
    host, _, port = address.rpartition("//")[2].partition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=30)
    connection.request("GET", path)
    given = connection.getresponse().getheader("Set-Cookie")
    connection.close()
    if given is None:
        raise Failure(f"{address}{path} gives no cookie")
    return "Cookie", given.partition(";")[0]


def frame_file(folder, size):
    """Writes a message of WebSocket of that many bytes, as a client sends it."""
    length = bytes([0x80 | size]) if size < 126 else b"\xfe" + size.to_bytes(2, "big")
    file = folder / "frame"
    file.write_bytes(b"\x82" + length + b"\x01\x02\x03\x04" + b"x" * size)
    return file


def options_of(load):
    """{'connections': 64, 'fresh': True} as words."""
    words = []
    for name, value in load.items():
        if value is not None and value is not False:
            words += [f"--{name.replace('_', '-')}"] + ([] if value is True else [str(value)])
    return words


class Process:
    """A client's process, on the client's core; one that `waits` says "ready" first, and goes on when it is told, or as it
    likes. One that is `greedy` takes nothing from another on its core but what the server takes from it."""

    def __init__(self, words, waits=False, greedy=False):
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE if waits else subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                        preexec_fn=pinned(CLIENT_CORE, idle=greedy))
        self.pid = self.process.pid
        if waits and self.process.stdout.readline() != "ready\n":
            raise Failure(self.process.communicate()[1].strip())  # it has ended

    def go(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def result(self, patience=120):
        """What it saw, errors included."""
        readable, _, _ = select.select([self.process.stdout], [], [], patience)
        line = self.process.stdout.readline() if readable else ""
        if not line:
            self.process.kill()
            said = self.process.communicate()[1].strip()
            raise Failure(said or "a client did not end in time")
        return json.loads(line)

    def end(self):
        self.process.kill()
        self.process.communicate()


class Client(Process):
    """One run of kirsch-load against an address; `held` stops it before the first request until `go`, and keeps its
    connections until `end`: what they cost to open and to close is then no part of what lies between."""

    def __init__(self, build, address, held=False, greedy=False, **load):
        words = [str(build / "bin/kirsch-load"), *options_of(load), *(["--hold"] if held else []), address]
        super().__init__(words, held, greedy)


class Downloader(Process):
    """One that asks for a path again and again; it has begun when this returns."""

    def __init__(self, address, path, length, seconds, greedy=True):
        program = pathlib.Path(__file__).with_name("downloader.py")
        super().__init__([sys.executable, "-B", str(program), address, path, str(length), str(seconds)], waits=True, greedy=greedy)


def run(build, address, **load):
    client = Client(build, address, **load)
    try:
        return client.result()
    finally:
        client.end()
