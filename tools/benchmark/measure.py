# Slices: a short load on one server, with what it cost. Rounds: one slice of each server, forwards and then backwards.
import functools
import time

from benchmark import machine
from benchmark.load import Client
from benchmark.running import Failure, cpu_time, memory, user_and_kernel

SATURATED = 0.95
TRIES = 3  # for a slice in which nothing else was at work
# Seconds around a slice, and how many times longer than planned a case may take before it ends with fewer rounds.
OVERHEAD, SLOWEST, FEWEST = 0.2, 1.7, 3


def one_slice(build, running, load, beside=None):
    """One short load. Errors are counted, never left out: what was not answered right was not answered. `beside` is a
    process that belongs to the load."""
    pids = running.pids
    client = Client(build, running.address, held=True, **load)
    try:
        watch = machine.Watch([*pids, client.pid, *([beside.pid] if beside else [])])
        before, split = cpu_time(pids), user_and_kernel(pids)
        client.go()
        seen = client.result()
        cpu = cpu_time(pids) - before
        stolen, others = watch.shares(client.pid)
    finally:
        client.end()
    if seen["answers"] == 0:
        raise Failure(f"{running.server.name} gave no good answer: {seen['errors']}")
    user, kernel = (after - earlier for after, earlier in zip(user_and_kernel(pids), split))
    return {"answers": seen["answers"], "errors": seen["errors"], "seconds": seen["seconds"],
            "rate": seen["answers"] / seen["seconds"], "cpu": cpu / 1e3 / seen["answers"],
            "user": user, "kernel": kernel, "bytes": seen["bytes"] / seen["answers"],
            "busy": cpu / 1e9 / seen["seconds"], "client": seen["client_cpu"] / seen["seconds"],
            "steal": stolen, "others": others, "clean": machine.quiet(stolen, others), "p50": seen["p50"],
            "p99": seen["p99"], "p999": seen["p999"], "latency": seen["latency"], "body_bytes": seen["body_bytes"],
            "reconnects": seen["reconnects"]}


def still_slice(ask):
    """A slice whose p99 is the server's, not the machine's: `ask` again where something else took a few milliseconds. A machine
    that has more to do will not be still the next time."""
    for _ in range(TRIES):
        slice_ = ask()
        slice_["clean"] = machine.still(slice_["steal"], slice_["others"])
        if slice_["clean"] or not machine.quiet(slice_["steal"], slice_["others"]):
            break
    return slice_


def rounds(build, lines, pairs, load, progress=lambda text: None, undisturbed=None):
    """label → one slice per round (None where it failed), each sought to be still, with its server `undisturbed` meanwhile, if
    that is given. Up to a third more rounds replace unclean ones, unless all are; fewer where servers that do not answer make
    slices long."""
    slices = {label: [] for label in lines}
    failures = {}
    wanted = pairs
    number = 0
    deadline = time.monotonic() + SLOWEST * pairs * sum(one["seconds"] + OVERHEAD for one in load.values())
    while number < wanted and (number < FEWEST or time.monotonic() < deadline):
        order = list(lines) if number % 2 == 0 else list(lines)[::-1]
        for label in order:
            try:
                ask = functools.partial(one_slice, build, lines[label], load[label])
                if undisturbed is None:
                    slice_ = ask()
                else:
                    with undisturbed(lines[label]):
                        slice_ = still_slice(ask)
                slice_.pop("latency")
            except Failure as failure:
                failures[label], slice_ = str(failure), None
            slices[label].append(slice_)
        number += 1
        spoilt = sum(not all(one[-1 - back] and one[-1 - back]["clean"] for one in slices.values())
                     for back in range(number))
        wanted = pairs + (min(spoilt, pairs // 3) if spoilt < number else 0)
        progress(f"round {number} of {wanted}")
    return slices, failures


def settled_memory(running):
    time.sleep(0.2)
    return memory(running.pids)
