# The real server, for clients that others have written, and what they need to be told.
import base64
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent


def need(*tools):
    for tool in tools:
        if shutil.which(tool) is None:
            raise SystemExit(f"{tool} is missing: tools/setup --tests")


class Server:
    """Serves the file `yaml` with its state and its log in `folder`; ready once made."""

    def __init__(self, build, yaml, folder, **environment):
        (folder / "state").mkdir()
        self.log = folder / "log"
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(
                [build / "bin/kirsch", "run", "-c", yaml], stdout=subprocess.PIPE, stderr=log, text=True,
                env=os.environ | {"STATE_DIRECTORY": str(folder / "state")} | environment)
        self.url = None  # of its listener on 127.0.0.1
        self.secure_port = None  # of the one with TLS, if there is one
        for line in self.process.stdout:
            if "http://127.0.0.1:" in line:
                self.url = "http://127.0.0.1:" + line.split("http://127.0.0.1:")[1].split()[0].strip("/")
            if "https://127.0.0.1:" in line:
                self.secure_port = int(line.rsplit(":", 1)[1].strip("/\n"))
            if line == "ready\n":
                break
        if self.url is None:
            self.process.wait(30)
            raise RuntimeError(self.log.read_text())

    def __enter__(self):
        return self

    def __exit__(self, failure, *_):
        if failure is not None:
            print(self.log.read_text(), file=sys.stderr)
        self.stop()

    def stop(self):
        self.process.terminate()
        code = self.process.wait(30)
        self.process.stdout.close()
        if code != 0:
            raise RuntimeError(f"the server ended with {code}: {self.log.read_text()}")


def folder_of(tests):
    """A folder that is there as long as a class of tests runs."""
    folder = tempfile.TemporaryDirectory()
    tests.addClassCleanup(folder.cleanup)
    return pathlib.Path(folder.name)


def server_of(tests, build, yaml, folder):
    """A server on the text `yaml`, as long as a class of tests runs."""
    (folder / "kirsch.yaml").write_text(yaml)
    server = Server(build, folder / "kirsch.yaml", folder)
    tests.addClassCleanup(server.stop)
    return server


def certify(build, folder):
    """Makes cert.pem and privkey.pem for localhost, which the authority ca.pem has signed."""
    made = subprocess.run([build / "bin/kirsch", "certificate", "local-ca", "--host", "localhost", "--directory", folder],
                          capture_output=True)
    assert made.returncode == 0, made.stderr


def pin_of(certificate):
    """The key as Chromium is told to trust it: authorities it takes from a store that belongs to a user."""
    key = subprocess.run(["openssl", "x509", "-in", certificate, "-noout", "-pubkey"], capture_output=True, check=True).stdout
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "der"], input=key, capture_output=True, check=True).stdout
    return base64.b64encode(hashlib.sha256(der).digest()).decode()


def succeed(script, *arguments, timeout, **environment):
    """Runs a script of Node beside this file, which says ok at its end."""
    done = subprocess.run(["node", HERE / script, *arguments], capture_output=True, text=True, timeout=timeout,
                          env=os.environ | environment)
    if (done.returncode, done.stdout) != (0, "ok\n"):
        raise AssertionError(f"{script}: {done.stdout}{done.stderr}")
