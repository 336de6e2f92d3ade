# The machine: what it is, and whether anything else was at work on it while something was measured.
import os
import pathlib
import platform
import re
import time

from benchmark.running import cpu_time, stat_fields

# performance.md's rule, fixed before anything was measured.
MOST_STEAL, MOST_OTHERS = 0.02, 0.03
# Where p99 counts: at 70 % of what a server can do, a stall makes requests late for three times as long as it lasts.
MOST_BESIDE_TAIL = 0.005


def description():
    cpu = re.search(r"^model name\s*: (.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    system = re.search(r'^PRETTY_NAME="(.*)"', pathlib.Path("/etc/os-release").read_text(), re.MULTILINE)
    mitigation = pathlib.Path("/sys/devices/system/cpu/vulnerabilities/meltdown")
    return {"processor": cpu[1].strip() if cpu else platform.machine(), "cores": os.cpu_count(),
            "kernel": platform.release(), "system": system[1] if system else "",
            "page-table isolation": mitigation.read_text().strip() if mitigation.exists() else "unknown",
            "congestion control": pathlib.Path("/proc/sys/net/ipv4/tcp_congestion_control").read_text().strip(),
            "getppid_ns": round(system_call_cost()), "date": time.strftime("%Y-%m-%d %H:%M %Z")}


def system_call_cost(times=20_000):
    """Nanoseconds of the cheapest system call, less those of the loop around it; the best of five."""
    def cost(function):
        best = float("inf")
        for _ in range(5):
            started = time.perf_counter_ns()
            for _ in range(times):
                function()
            best = min(best, time.perf_counter_ns() - started)
        return best / times
    return cost(os.getppid) - cost(int)


def other_processes(pids):
    """pid → nanoseconds of all threads, of all that are neither in `pids` nor threads of the kernel."""
    times = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit() and int(entry) not in pids:
            try:
                if int(stat_fields(entry)[1]) not in (0, 2) or entry == "1":
                    times[int(entry)] = cpu_time([entry])
            except OSError:
                pass
    return times


def steal():
    """(stolen, all) ticks of the machine's processors."""
    ticks = [int(word) for word in pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return ticks[7], sum(ticks)


class Watch:
    """From its making to `quiet`: what others took, as shares. `pids` are those being measured."""

    def __init__(self, pids):
        self.pids = set(pids) | {os.getpid()}
        self.before, self.stolen = other_processes(self.pids), steal()
        self.started = time.monotonic_ns()

    def shares(self, client):
        """Stolen time of all processors, and time of other processes as a share of one of them."""
        wall = time.monotonic_ns() - self.started
        stolen, ticks = (after - before for after, before in zip(steal(), self.stolen))
        after = other_processes(self.pids | {client})
        others = sum(max(0, used - self.before.get(pid, 0)) for pid, used in after.items())
        return stolen / max(1, ticks), others / wall


def quiet(stolen, others):
    return stolen <= MOST_STEAL and others <= MOST_OTHERS


def still(stolen, others):
    """Did nothing else take so much that p99 may be its doing?"""
    return max(stolen, others) <= MOST_BESIDE_TAIL
