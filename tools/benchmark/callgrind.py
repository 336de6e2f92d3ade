# Callgrind's dumps: own instructions by function and by place in the source.
import collections
import pathlib
import re
import shutil
import subprocess

from benchmark.running import CLIENT_CORE, Failure, pinned

NAMED = re.compile(r"(c?(?:ob|fl|fi|fe|fn))=\((\d+)\)(?: (.*))?")
KINDS = {"ob": "ob", "cob": "ob", "fl": "fl", "fi": "fl", "fe": "fl", "cfi": "fl", "cfl": "fl", "fn": "fn", "cfn": "fn"}


def own_costs(text):
    """(function, file, object) → instructions that it executed itself, those of what it called left out."""
    names = {kind: {} for kind in ("ob", "fl", "fn")}
    at = {"ob": "?", "fl": "?", "fn": "?"}
    costs = collections.Counter()
    called = False
    for line in text.splitlines():
        if match := NAMED.match(line):
            key, number, name = match.groups()
            known = names[KINDS[key]]
            if name is not None:
                known[number] = name
            if not key.startswith("c"):
                at[KINDS[key]] = known.get(number, "?")
        elif line.startswith("calls="):
            called = True
        elif line[:1] in "0123456789+-*" and line:
            if called:
                called = False
            else:
                costs[at["fn"], at["fl"], at["ob"]] += int(line.split()[1]) if " " in line else 0
    return costs


def difference(many, few, requests):
    """Per request: instructions of each key, from two dumps that differ by so many requests."""
    return {key: (many[key] - few[key]) / requests for key in many.keys() | few.keys() if many[key] != few[key]}


def obstacle():
    return None if shutil.which("valgrind") else "valgrind is not installed: tools/setup --bench"


def command(build, folder):
    """What stands before the command of a server. Its children are not looked at."""
    return ["env", f"LD_PRELOAD={build}/bin/bench_spawn_path.so", f"KIRSCH_PROGRAM={build}/bin/kirsch", "valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={folder}/callgrind.%p"]


def dump(pid, folder, number):
    """Ends a part, and returns what was executed in it."""
    done = subprocess.run(["callgrind_control", "--dump", str(pid)], capture_output=True, text=True, timeout=60, check=False,
                          preexec_fn=pinned(CLIENT_CORE))
    file = pathlib.Path(folder) / f"callgrind.{pid}.{number}"
    if not file.exists():
        raise Failure(f"callgrind wrote no dump: {done.stdout.strip()[-200:]} {done.stderr.strip()[-200:]}")
    return own_costs(file.read_text(errors="replace"))
