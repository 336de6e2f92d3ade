# Cases that are no rounds of slices: memory of idle connections, and whether a greedy client harms the others.
import contextlib
import json
import pathlib
import statistics
import subprocess
import sys
import time

from benchmark import machine, network, spread
from benchmark.cases import lines
from benchmark.duty import FILES
from benchmark.load import Client, Downloader, request_file
from benchmark.measure import one_slice, settled_memory, still_slice
from benchmark.pairs import load_of
from benchmark.running import CLIENT_CORE, SERVER_CORE, Failure, cpu_time, own_memory, pinned

IDLE = 10_000
IDLE_OVER_TLS = 2_000  # each costs a handshake
CALM = 5  # seconds, in which a server may give back what a crowd needed for a moment
BROADCASTS = 2  # per second: all have heard one before the next comes
TURNS = 9  # of good clients alone and beside others
GOOD_RATE = 2_000  # requests per second of the good clients: far below what any server can do


def with_many(session, case, count, measure):
    """What `measure` says of each server, with so many connections."""
    count = count or (IDLE_OVER_TLS if case.duty.tls else IDLE)
    result = {"lines": {}, "connections": count}
    for label, line in lines(case).items():
        try:
            with session.serving(case.name, {label: line}) as running:
                if label in running:
                    result["lines"][label] = measure(session, running[label], case, count)
        except Failure as failure:
            session.remark(f"{case.name}: {failure}")
    return result


def idle(session, case, count=None):
    """Memory of a connection: what the server's own grows by, from none to all of them."""
    return with_many(session, case, count, memory_of_idle)


def finished(client, running):
    """What a held client saw, and the processor time that it cost the server."""
    before = cpu_time(running.pids)
    client.go()
    return client.result(), cpu_time(running.pids) - before


def memory_of_idle(session, running, case, count):
    load = load_of(session, case, session.folder / case.name)
    # The process has worked before: what it needs once is not part of what a connection costs.
    one_slice(session.build, running, load | {"seconds": 0.3, "connections": 8})
    empty, own_before = settled_memory(running), own_memory(running.pids)
    client = Client(session.build, running.address, held=True, **load | {"idle": count - 1, "connections": 1, "seconds": 0.5})
    try:
        time.sleep(CALM)
        full, own = settled_memory(running), own_memory(running.pids)
        seen, cpu = finished(client, running)
    finally:
        client.end()
    if seen["errors"] or seen["reconnects"]:
        raise Failure(f"{running.server.name} ended {seen['reconnects']} connections among idle ones: {seen['errors']}")
    return {"rss": full[0], "pss": full[1], "empty_pss": empty[1], "bytes_each": (own - own_before) / count,
            "cpu": cpu / 1e3 / max(1, seen["answers"])}


def broadcast(session, case, count=None):
    """A message to all of a crowd: processor time of each, and when the first and the last have heard it."""
    return with_many(session, case, count, one_broadcast)


def one_broadcast(session, running, case, count):
    load = load_of(session, case, session.folder / case.name)
    client = Client(session.build, running.address, held=True,
                    **load | {"idle": count - 1, "connections": 1, "rate": BROADCASTS, "seconds": max(2, 10 * session.seconds)})
    try:
        watch = machine.Watch([*running.pids, client.pid])
        seen, cpu = finished(client, running)
        clean = machine.quiet(*watch.shares(client.pid))
    finally:
        client.end()
    if not seen["answers"] or seen["errors"]:
        raise Failure(f"{running.server.name}: {seen['errors']}")
    return {"cpu": cpu / 1e3 / seen["answers"], "share": seen["heard"] / (seen["answers"] * (count - 1)),
            "cpu_each": cpu / 1e3 / max(1, seen["heard"]), "first": seen["first_heard"], "half": seen["half_heard"],
            "last": seen["last_heard"], "clean": clean}


@contextlib.contextmanager
def crowd_at(address):
    """While the block runs, clients that shake hands for ever, in a process that takes no time from the good ones."""
    words = [sys.executable, "-B", pathlib.Path(__file__).with_name("crowd.py"), address.rpartition(":")[2]]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, preexec_fn=pinned(CLIENT_CORE, idle=True))
    try:
        if process.stdout.readline() != "there\n":
            raise Failure("the crowd did not come")
        yield process
    finally:
        process.kill()
        process.communicate()


def crowd(session, case):
    """p99 of good clients at a low rate, alone and beside the crowd, in turns."""
    load = load_of(session, case, session.folder / case.name)
    load |= {"rate": GOOD_RATE, "connections": 32, "seconds": max(1, 2 * session.seconds)}
    result = {"lines": {}}
    for label, line in lines(case).items():
        with session.serving(case.name, {label: line}) as running:
            alone, beside = [], []
            for _ in range(TURNS):
                alone.append(one_slice(session.build, running[label], load))
                with crowd_at(running[label].address) as members:
                    beside.append(one_slice(session.build, running[label], load, beside=members))
            result["lines"][label] = compared(alone, beside)
    return result


def pipeliner(session, case, address, seconds):
    return Client(session.build, address, greedy=True, request=request_file(session.folder / case.name, name="greedy"),
                  depth=256, connections=1, seconds=seconds)


def downloader(_session, _case, address, seconds):
    return Downloader(address, "/files/1g", FILES["1g"], seconds)


GREEDY = {"pipeliner": pipeliner, "downloader": downloader}


def beside_greedy(session, case, server, load, taken):
    """A slice of the good clients; what the greedy one took goes to `taken`."""
    greedy = GREEDY[case.beside](session, case, server.address, load["seconds"] + 1)
    try:
        slice_ = one_slice(session.build, server, load, beside=greedy)
        taken.append(greedy.result())
        return slice_
    finally:
        greedy.end()


def fair(session, case, turns=TURNS):
    """p99 of good clients at a low rate, alone and beside the greedy connection, in turns."""
    site = session.site("1g") if case.beside == "downloader" else None
    load = load_of(session, case, session.folder / case.name)
    load |= {"rate": GOOD_RATE, "connections": 32}
    with network.unpaced(session.remark) as control, session.serving(case.name, lines(case), site) as running:
        result = {"lines": {}, "congestion_control": control}
        for label, server in running.items():
            try:
                alone, beside, taken = [], [], []
                for _ in range(turns):
                    alone.append(still_slice(lambda: one_slice(session.build, server, load)))
                    beside.append(still_slice(lambda: beside_greedy(session, case, server, load, taken)))
                result["lines"][label] = compared(alone, beside) | {
                    f"greedy_{what}_per_second": sum(one[what] / one["seconds"] for one in taken) / len(taken)
                    for what in ("bytes", "answers")}
            except Failure as failure:
                session.remark(f"{case.name}: {failure}")
    return result


def records(session, _case):
    """A storage of sessions by itself, in rounds: medians."""
    command = [session.build / "bin/bench_session_records"]
    rounds = []
    for _ in range(max(1, session.pairs // 5)):
        done = subprocess.run(command, capture_output=True, text=True, check=False, preexec_fn=pinned(SERVER_CORE))
        if done.returncode != 0:
            raise Failure(done.stderr.strip())
        rounds.append(json.loads(done.stdout))
    return {"lines": {"memory": {key: statistics.median(one[key] for one in rounds) for key in rounds[0]}}}


def compared(alone, beside):
    """The percentiles are of all quiet slices together; how many times longer they wait is asked turn by turn, because what
    else goes on in the machine changes from turn to turn."""
    def percentile(of, share):
        return spread.percentile([slice_["latency"] for slice_ in spread.trusted(of)[0]], share)
    times, clean = spread.ratios(beside, alone, "p99")
    return {"p50_alone": percentile(alone, 0.5), "p50_beside": percentile(beside, 0.5),
            "p99_alone": percentile(alone, 0.99), "p99_beside": percentile(beside, 0.99),
            "times": spread.summary(times) | {"clean": clean},
            "errors": sum(sum(slice_["errors"].values()) for slice_ in alone + beside),
            "clean": spread.trusted(alone)[1] and spread.trusted(beside)[1]}
