# Does the whole of it work? Tiny loads on this server and one peer; that numbers exist and answers were checked, no more.
import dataclasses
import tempfile

from benchmark import pairs, plots, report, special
from benchmark.cases import CASES
from benchmark.servers import OURS, SERVERS
from benchmark.session import Session

SKIPPED = 77  # what CTest is told to take for it


def faults(result, wanted):
    """What is missing in a result."""
    for label in wanted:
        line = result["lines"].get(label)
        if line is None:
            yield f"{label} was not measured"
            continue
        for key in ("cpu", "rate", "bytes", "pss", "answers"):
            if not line[key] > 0:
                yield f"{label}: {key} is {line[key]}"
        if line["errors"]:
            yield f"{label}: {line['errors']}"
    for name, ratio in result["ratios"].items():
        if not ratio["median"] or not ratio["low"] <= ratio["median"] <= ratio["high"]:
            yield f"{name}: {ratio}"


def unfair(result):
    """What is missing where good clients were asked beside a download."""
    for label in OURS:
        line = result["lines"].get(label)
        if line is None or line["errors"] or not line["p99_beside"] > 0 or not line["greedy_bytes_per_second"] > 0:
            yield f"fair-download: {label}: {line}"
    if not result["congestion_control"]:
        yield "fair-download: nobody knows the congestion control"


def run(options):
    with tempfile.TemporaryDirectory() as folder:
        session = Session(options.preset, folder, pairs=2, seconds=0.1)
        peer = next(name for name in ("nginx", "h2o", "lighttpd", "poco") if not SERVERS[name].obstacle(session.build))
        case = dataclasses.replace(CASES["bare"], peers=(peer,), calls=False)
        result = pairs.measure(session, case)
        if any("io_uring_setup" in remark for remark in session.remarks):
            session.say("smoke: skipped, because the load generator needs io_uring")
            return SKIPPED
        session.keep("bare", result)
        session.say(report.section("bare", case.sentence, "pairs", result))
        plots.case(session, "bare", case.sentence, "pairs", result)
        wrong = list(faults(result, (*OURS, peer)))
        wrong += [f"{label}: no latency at 70 %" for label, line in result["lines"].items() if not line.get("at_rate", {}).get("p99")]
        wrong += unfair(special.fair(session, dataclasses.replace(CASES["fair-download"], peers=()), turns=1))
        # Over TLS each connection must go on with a session of an earlier one.
        wrong += faults(pairs.measure(session, dataclasses.replace(CASES["tls-resumed"], peers=())), OURS)
        wrong += faults(pairs.measure(session, dataclasses.replace(CASES["websocket-125"], peers=(), rate=False)), OURS)
        heard = special.broadcast(session, dataclasses.replace(CASES["websocket-broadcast"], peers=()), 50)["lines"]
        wrong += [f"websocket-broadcast: {label}: {line}" for label, line in heard.items() if line["share"] != 1]
        wrong += [f"websocket-broadcast: {label} was not measured" for label in OURS if label not in heard]
        # And a wrong length must be found out.
        if pairs.measure(session, dataclasses.replace(case, name="wrong", size=14, rate=False))["lines"]:
            wrong.append("bodies of 13 bytes went through where 14 were wanted")
    for sentence in wrong:
        session.say(f"smoke: {sentence}")
    session.say(f"smoke: {'FAILED' if wrong else 'ok'}")
    return 1 if wrong else 0
