# The real server, for clients that others have written.
import os
import subprocess


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

    def stop(self):
        self.process.terminate()
        code = self.process.wait(30)
        self.process.stdout.close()
        if code != 0:
            raise RuntimeError(f"the server ended with {code}: {self.log.read_text()}")
