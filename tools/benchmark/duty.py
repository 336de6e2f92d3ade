# What a case demands of every server alike, and what a server gets to know of its run.
import dataclasses
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
BODY = "Hello, world!"
FILES = {"1k": 1 << 10, "64k": 64 << 10, "1m": 1 << 20, "1g": 1 << 30}


@dataclasses.dataclass(frozen=True)
class Duty:
    """The answer of / is BODY as text/plain; the rest is what a case adds to it."""
    does: str = "fixed"           # fixed, files, echo, upload, sleep, count, websocket: what the request asks for; a server may lack it
    headers: tuple = ()           # (name, value) of further header fields in every answer
    request_id: bool = False      # and a new id in each
    log: bool = False             # one line per request in a file, buffered
    tools: int = 0                # of the server's own: this many configured, six of them on
    routes: int = 0               # exact paths /r/0 … beside /
    cached_files: bool = False    # with the server's cache of open files, where that is a choice
    workers: int = 1              # threads that may sleep at once
    closes: bool = False          # after each answer, as the request asks: the floor has to be told, it reads none
    alone: bool = False           # without a process that watches over the one that serves
    tls: str = ""                 # ecdsa or rsa: TLS 1.2 and 1.3 with such a certificate, tickets, and no session cache

    def wants(self):
        return {self.does} | {word for word, wanted in (("request_id", self.request_id), ("log", self.log),
                                                        ("routes", self.routes), ("cached_files", self.cached_files), ("tls", self.tls))
                              if wanted}


@dataclasses.dataclass(frozen=True)
class Place:
    """Where a server runs: `folder` is its own and keeps its configuration, `site` the folder of the files."""
    folder: pathlib.Path
    site: pathlib.Path
    build: pathlib.Path
    port: int

    def certificate(self, kind):
        """cert.pem and privkey.pem for all servers of a run, made at the first call."""
        folder = self.site.parent / f"certificate-{kind}"
        if not folder.exists():
            words = [self.build / "bin/kirsch", "certificate", "self-signed", "--host", "localhost", "--directory", folder]
            subprocess.run(words + ["--rsa"] * (kind == "rsa"), check=True, stdout=subprocess.DEVNULL)
        return folder / "cert.pem", folder / "privkey.pem"


def make_site(folder, names=("1k", "64k", "1m")):
    files = folder / "files"
    files.mkdir(parents=True, exist_ok=True)
    (folder / "hello.txt").write_text(BODY)
    (files / "swallowed").write_text(BODY)
    for name in names:
        with open(files / name, "wb") as file:
            if FILES[name] > 1 << 24:
                file.truncate(FILES[name])  # a hole: only its length is wanted
            else:
                file.write(bytes(range(256)) * (FILES[name] // 256))
        into_page_cache(files / name)
    return folder


def into_page_cache(path):
    """The first server to be measured would pay for pages that all others find."""
    with open(path, "rb", buffering=0) as file:
        while file.read(1 << 20):
            pass


def target(duty, file="1k"):
    return {"fixed": "/", "files": f"/files/{file}", "echo": "/echo", "upload": "/upload", "sleep": "/sleep",
            "count": "/count", "websocket": "/ws"}[duty.does]
