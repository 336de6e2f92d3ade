# A server as processes: started on its core, watched from /proc, ended with all of its children.
import contextlib
import ctypes
import os
import pathlib
import re
import signal
import socket
import ssl
import subprocess
import time

SERVER_CORE, CLIENT_CORE = 0, 1
PATIENCE = 30
TICK = os.sysconf("SC_CLK_TCK")


class Failure(Exception):
    """What kept a case, or one server in it, from being measured."""


def pinned(core, idle=False):
    """For preexec_fn: on that core, and not longer than this process, however that ends; `idle`: only when the core has
    nothing else to do."""
    libc = ctypes.CDLL(None)
    set_parent_death_signal = 1

    def prepare():
        os.sched_setaffinity(0, {core % os.cpu_count()})
        if idle:
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
        libc.prctl(set_parent_death_signal, signal.SIGTERM)
    return prepare


@contextlib.contextmanager
def before_others(server, remark):
    """Inside of the block this server has its core before all other processes. Where that is not allowed it is remarked."""
    def schedule(policy, priority):
        for task in tasks(server.pids):
            with contextlib.suppress(ProcessLookupError):
                os.sched_setscheduler(task, policy, os.sched_param(priority))
    try:
        schedule(os.SCHED_FIFO, 1)
    except PermissionError as error:
        remark(f"latency is measured with other processes on the server's core: {error.strerror}")
    try:
        yield
    finally:
        schedule(os.SCHED_OTHER, 0)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def stat_fields(pid):
    """/proc/PID/stat from the state on; the name before may hold anything."""
    return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()


def family(pid):
    """A process and its descendants."""
    parents = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                parents.setdefault(int(stat_fields(entry)[1]), []).append(int(entry))
            except OSError:
                pass
    found, waiting = [], [pid]
    while waiting:
        found.append(waiting.pop())
        waiting += parents.get(found[-1], [])
    return found


def gone(pid):
    try:
        return stat_fields(pid)[0] in "ZX"
    except OSError:
        return True


def schedstat(path):
    try:
        return int(pathlib.Path(path).read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return 0


def tasks(pids):
    """The threads that live, as ids."""
    for pid in pids:
        with contextlib.suppress(OSError):
            yield from map(int, os.listdir(f"/proc/{pid}/task"))


def cpu_time(pids):
    """Nanoseconds of all threads that live. No pool here shrinks while it is measured."""
    return sum(schedstat(f"/proc/{task}/schedstat") for task in tasks(pids))


def user_and_kernel(pids):
    """Seconds, as the ticks of /proc split them."""
    user = kernel = 0
    for pid in pids:
        try:
            fields = stat_fields(pid)
            user, kernel = user + int(fields[11]), kernel + int(fields[12])
        except OSError:
            pass
    return user / TICK, kernel / TICK


def memory(pids):
    """Bytes: resident, and proportional (shared pages divided by those that share them)."""
    total = smaps(pids, "Rss", "Pss")
    return total["Rss"], total["Pss"]


def own_memory(pids):
    """Bytes in no file: of files that a client maps too the server's part shrinks when it starts."""
    total = smaps(pids, "Pss", "Pss_File")
    return total["Pss"] - total["Pss_File"]


def smaps(pids, *names):
    total = dict.fromkeys(names, 0)
    for pid in pids:
        try:
            text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        for name in names:
            total[name] += int(re.search(rf"^{name}:\s+(\d+)", text, re.MULTILINE)[1]) * 1024
    return total


class Running:
    """`with Running(server, duty, place) as running:` serves inside of the block."""

    def __init__(self, server, duty, place, command=()):
        self.server, self.place, self.secure = server, place, bool(duty.tls)
        place.folder.mkdir(parents=True, exist_ok=True)
        self.log = place.folder / "output.log"
        argv = [*command, *server.command(duty, place)]
        (place.folder / "command").write_text(" ".join(argv)[:4000] + "\n")
        self.started = time.monotonic()
        with open(self.log, "wb") as log:
            try:
                self.process = subprocess.Popen(argv, cwd=place.site, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                                start_new_session=True, preexec_fn=pinned(SERVER_CORE))
            except OSError as error:
                raise Failure(f"{server.name} cannot be started: {error}") from error
        try:
            self.wait_until_it_answers()
        except BaseException:
            self.stop()
            raise
        self.duty = duty
        self.start_time = time.monotonic() - self.started
        self.address = f"127.0.0.1:{place.port}"
        self.pids = family(self.process.pid)

    unverified = ssl._create_unverified_context()  # the server is one of this machine

    def wait_until_it_answers(self):
        while True:
            if self.process.poll() is not None:
                raise Failure(f"{self.server.name} ended with {self.process.returncode}: {self.said()}")
            try:
                with socket.create_connection(("127.0.0.1", self.place.port), timeout=5) as plain, \
                        (self.unverified.wrap_socket(plain) if self.secure else plain) as connection:
                    connection.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
                    if connection.recv(12).startswith(b"HTTP/1.1 200"):
                        return
            except OSError:
                pass
            if time.monotonic() - self.started > PATIENCE:
                raise Failure(f"{self.server.name} does not answer 200: {self.said()}")
            time.sleep(0.02)

    def said(self):
        return self.log.read_text(errors="replace").strip()[-600:] or "it says nothing"

    def stop(self):
        """The group ends, however it reacts, and is gone when this returns."""
        pids = family(self.process.pid)
        for number, patience in ((signal.SIGTERM, 5), (signal.SIGKILL, 5)):
            try:
                os.killpg(self.process.pid, number)
                self.process.wait(patience)
                break
            except (ProcessLookupError, subprocess.TimeoutExpired):
                continue
        try:
            os.killpg(self.process.pid, signal.SIGKILL)  # what its parent has left behind
        except ProcessLookupError:
            pass
        deadline = time.monotonic() + PATIENCE
        while not all(gone(pid) for pid in pids) and time.monotonic() < deadline:
            time.sleep(0.01)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
