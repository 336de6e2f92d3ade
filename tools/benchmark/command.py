# What `tools/bench` understands, and in which order it measures.
"""tools/bench [CASE…]        the cases, all unless named, each with its table and its plot
tools/bench --all          the cases, growth and instructions, unattended in about half an hour
tools/bench growth [NAME…] cost against connections, routes, tools, sessions, members of a room, header and body bytes
tools/bench instructions   user instructions per request (callgrind), by function
tools/bench list           the cases, dimensions and servers
tools/bench smoke          seconds: does all of it work, whatever the numbers
tools/bench check          how long `kirsch check` takes on sites of many routes"""
import argparse
import os
import signal
import subprocess
import sys
import time
import traceback

from benchmark import check_time, growth, instructions, pairs, plots, report, smoke, special
from benchmark.cases import CASES, lines
from benchmark.duty import ROOT
from benchmark.peers import OfNpm
from benchmark.running import Failure
from benchmark.servers import OURS, SERVERS
from benchmark.session import Session

KINDS = {"pairs": pairs.measure, "idle": special.idle, "fair": special.fair, "crowd": special.crowd,
         "records": special.records, "broadcast": special.broadcast}
TARGETS = ("kirsch", "kirsch_modules", "kirsch_fixtures", "kirsch-load", "bench_poco", "bench_floor",
           "bench_session_records", "bench_route_lookups", "bench_spawn_path")
VERBS = ("growth", "instructions", "list", "smoke", "check")


def parsed(arguments):
    parser = argparse.ArgumentParser(prog="tools/bench", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="*", metavar="CASE", help="or one of " + ", ".join(VERBS))
    parser.add_argument("--all", action="store_true", help="cases, growth and instructions")
    parser.add_argument("--pairs", type=int, default=15, help="rounds of each case (15)")
    parser.add_argument("--seconds", type=float, default=0.4, help="of each slice (0.4)")
    parser.add_argument("--preset", default="release", help="the build to measure (release)")
    parser.add_argument("--folder", help="for the results; a new one in build/bench unless named")
    parser.add_argument("--no-build", action="store_true", help="measure what is built already, install nothing")
    parser.add_argument("--runs", type=int, default=9, help="of check (9)")
    options = parser.parse_args(arguments)
    if options.pairs < 1 or not 0.05 <= options.seconds <= 600:
        parser.error("at least one pair, of 0.05 to 600 seconds")
    known = {"growth": growth.DIMENSIONS}.get(options.what[0], ()) if options.what[:1] and options.what[0] in VERBS else CASES
    names = options.what[1:] if options.what[:1] and options.what[0] in VERBS else options.what
    for name in names:
        if name not in known:
            parser.error(f"no {name}: one of {', '.join(known or VERBS)}")
    return options


def build(options):
    """Installs and builds what is missing. With --no-build that is the caller's."""
    if options.no_build:
        return 0
    for command in (["tools/setup", "--bench"], ["tools/cmake/build", options.preset, *TARGETS]):
        code = subprocess.run(command, cwd=ROOT, check=False).returncode
        if code != 0:
            return code
    OfNpm.fetch(ROOT / "build" / options.preset)
    return 0


def listed():
    for name, case in CASES.items():
        print(f"{name:16} {case.sentence}; {', '.join(lines(case)) if case.kind != 'records' else 'no server'}")
    print(f"{'growth':16} {', '.join(growth.DIMENSIONS)}")
    for name, server in SERVERS.items():
        if name not in OURS and server.obstacle(ROOT / "build/release"):
            print(f"{name:16} left out: {server.obstacle(ROOT / 'build/release')}")
    return 0


def measure_case(session, case, parts):
    """A case that fails costs its own numbers and no others."""
    session.say(f"\n{case.name} …", end="" if sys.stdout.isatty() else "\n")
    started = time.monotonic()
    try:
        result = KINDS[case.kind](session, case)
        session.progress("")
        session.keep(case.name, result)
        parts.append(report.section(case.name, case.sentence, case.kind, result, markdown=True))
        session.say(report.section(case.name, case.sentence, case.kind, result))
        plots.case(session, case.name, case.sentence, case.kind, result)
        session.say(f"({time.monotonic() - started:.0f} s)")
        return True
    except Exception as failure:  # noqa: BLE001 (an unattended run goes on whatever it was)
        if not isinstance(failure, Failure):
            traceback.print_exc()
        session.remark(f"{case.name} failed: {failure}")
        session.keep(case.name, {"failed": str(failure)})
        return False


def guarded(session, name, function, parts):
    try:
        parts.append(function())
        return True
    except Exception as failure:  # noqa: BLE001
        traceback.print_exc()
        session.remark(f"{name} failed: {failure}")
        return False


def measure(session, options):
    verb = options.what[0] if options.what[:1] and options.what[0] in VERBS else None
    cases = [] if verb else [CASES[name] for name in options.what or CASES]
    parts, good = [], True
    for case in cases:
        good &= measure_case(session, case, parts)
    if verb == "growth" or options.all:
        good &= guarded(session, "growth", lambda: growth.run(session, options.what[1:] if verb else ()), parts)
    if verb == "instructions" or options.all:
        good &= guarded(session, "instructions", lambda: instructions.run(session), parts)
    (session.folder / "results.md").write_text(report.preface(session) + "\n" + "\n".join(parts))
    session.say(f"\nResults: {os.path.relpath(session.folder)} (results.md, results.json, plots, and each server's configuration)")
    return 0 if good else 1


def main(arguments=None):
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that all that was started ends
    options = parsed(arguments)
    verb = options.what[0] if options.what else None
    if verb == "list":
        return listed()
    if verb == "check":
        return check_time.run_all(ROOT / "build" / options.preset / "bin", options.runs)
    if (code := build(options)) != 0:
        return code
    if verb == "smoke":
        return smoke.run(options)
    try:
        session = Session(options.preset, options.folder, options.pairs, options.seconds)
        session.say("\n".join(f"{name}: {value}" for name, value in session.machine.items()))
        return measure(session, options)
    except KeyboardInterrupt:
        return 130
