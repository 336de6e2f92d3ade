# The usual case: rounds of slices, ratios of ours to each peer's, then latency at a rate, memory and system calls.
import math
import statistics

from benchmark import spread
from benchmark.cases import UPGRADE, lines
from benchmark.calls import calls_per_request
from benchmark.load import cookie_of, frame_file, request_file
from benchmark.measure import SATURATED, one_slice, rounds, settled_memory
from benchmark.running import Failure, before_others
from benchmark.servers import OURS

# For latency: the share of what a server reached, the turns at least, and of what the fastest reached what others must.
SHARE, FEWEST_TURNS, WORTH_ASKING = 0.7, 5, 0.1
YARDSTICK = "nginx"  # nobody is asked for more than its share: a rate that it cannot bear would say nothing of it


def load_of(session, case, folder, name="request", more=()):
    load = {"size": case.size, "seconds": session.seconds, **dict(case.load)}
    if case.duty.does == "websocket":
        return load | {"upgrade": request_file(folder, path=case.path, headers=UPGRADE, name="upgrade"),
                       "request": frame_file(folder, case.body)}
    return load | {"request": request_file(folder, case.method, case.path, case.body, (*case.headers, *more), name)}


def loads_of(session, case, folder, running):
    """label → load. Where clients are known by a session each server gets the cookie that it has given."""
    return {label: load_of(session, case, folder, f"request-{label}", [cookie_of(server.address, case.path)])
            if server.duty.does == "count" else load_of(session, case, folder) for label, server in running.items()}


def middle(slices, key):
    """The median over the clean slices, over all where too few are clean."""
    return statistics.median(slice_[key] for slice_ in spread.trusted(slices)[0])


def line_of(slices):
    there = [slice_ for slice_ in slices if slice_]
    seconds = sum(slice_["user"] + slice_["kernel"] for slice_ in there)
    errors = {}
    for slice_ in there:
        for what, times in slice_["errors"].items():
            errors[what] = errors.get(what, 0) + times
    line = {key: middle(slices, key) for key in ("cpu", "rate", "bytes", "busy", "client", "p50", "p99", "p999")}
    return line | {"user_share": sum(slice_["user"] for slice_ in there) / seconds if seconds else None,
                   "slices": len(there), "unclean": sum(not slice_["clean"] for slice_ in there), "errors": errors,
                   "answers": sum(slice_["answers"] for slice_ in there),
                   "saturated": middle(slices, "busy") >= SATURATED}


def latency_rounds(session, running, loads, lines):
    """label → slices at 70 % of what nginx reached, or the server itself where that is less, in rounds, so that a stall of the
    machine does not decide who is better; failures; and label → that rate. Latency counts from when a request was due. Far
    slower ones would take most of the time, and compare with none."""
    most = min((line["rate"] for label, line in lines.items() if label.startswith(YARDSTICK)), default=math.inf)
    least = WORTH_ASKING * max((line["rate"] for line in lines.values()), default=0)
    at_rate = {label: {**loads[label], "rate": SHARE * min(line["rate"], most)} for label, line in lines.items() if line["rate"] >= least}
    slices, failures = rounds(session.build, {label: running[label] for label in at_rate}, max(FEWEST_TURNS, session.pairs), at_rate,
                              lambda text: session.progress(f"latency: {text}"),
                              undisturbed=lambda server: before_others(server, session.remark))
    return slices, failures, {label: load["rate"] for label, load in at_rate.items()}


def latency_of(slices, rate):
    return {"rate": rate, "reached": middle(slices, "rate") / rate, "clean": spread.trusted(slices)[1],
            "errors": sum(sum(slice_["errors"].values()) for slice_ in slices if slice_),
            **{key: middle(slices, key) for key in ("p50", "p99", "p999", "busy")}}


def measure(session, case):
    folder = session.folder / case.name
    with session.serving(case.name, lines(case)) as running:
        loads = loads_of(session, case, folder, running)
        for label, server in list(running.items()):
            try:
                one_slice(session.build, server, {**loads[label], "seconds": 0.2})  # pages, caches, and whether it answers at all
            except Failure as failure:
                session.remark(f"{case.name}: {failure}")
                del running[label]
        slices, failures = rounds(session.build, running, session.pairs, {label: loads[label] for label in running}, session.progress)
        remark_all(session, case, failures)
        result = {"lines": {label: line_of(of) for label, of in slices.items() if any(of)}, "slices": slices}
        for label, line in result["lines"].items():
            line["rss"], line["pss"] = settled_memory(running[label])
            if case.duty.routes:
                line["started_in"] = running[label].start_time
            if case.ideal:
                line["of_ideal"] = line["rate"] / case.ideal
        if case.rate:
            turns, failures, rates = latency_rounds(session, running, loads, result["lines"])
            remark_all(session, case, failures)
            for label, of in turns.items():
                if any(of):
                    result["lines"][label]["at_rate"] = latency_of(of, rates[label])
            result |= {"turns_at_rate": turns, "p99_ratios": ratios_of_ours(turns, "p99")}
        if case.calls:
            for label, line in result["lines"].items():
                extra(session, case, line, "calls", lambda: calls_per_request(session, running[label], loads[label], line["rate"]))
    result["ratios"] = ratios_of_ours(slices, "cpu")
    return result


def remark_all(session, case, failures):
    for failure in failures.values():
        session.remark(f"{case.name}: {failure}")


def ratios_of_ours(slices, key):
    """"uring / nginx" → by what ours and the other differ, round by round; of all lines with a slice."""
    there = [label for label, of in slices.items() if any(of)]
    return {f"{ours} / {label}": ratio(slices[ours], slices[label], key)
            for ours in OURS if ours in there for label in there if label not in OURS}


def ratio(ours, peer, key):
    values, clean = spread.ratios(ours, peer, key)
    return (spread.summary(values) if values else {"median": None, "low": None, "high": None, "pairs": 0}) | {"clean": clean}


def extra(session, case, line, name, function):
    """What is measured besides may fail without the case."""
    try:
        line[name] = function()
    except Failure as failure:
        session.remark(f"{case.name}: {name}: {failure}")
