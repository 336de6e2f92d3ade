# Measures `kirsch check` on sites of many routes, and how long one of them is sought for. Aim: 1,000 routes below 100 ms, 10,000
# below 1 s; 120 ns for one of 10,000.
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time


def configuration(routes):
    """A site as large ones are: sections of prefixes with tools of their own, exact paths, and segments with names."""
    lines = ["version: 1", 'listeners: { web: { bind: "127.0.0.1:0" } }', "tools: { secureheaders: {} }", "paths:",
             '  /: { handler: { respond: { body: "root" } } }']
    for number in range(routes - 1):
        section = number // 20
        path, rest = (
            (f"/section{section}/", "tools: { secureheaders: { frame_options: SAMEORIGIN } }"),
            (f"/section{section}/items/{{id}}/part{number}", f'handler: {{ respond: {{ body: "item {number}" }} }}'),
            (f"/section{section}/page{number}", f'handler: {{ respond: {{ body: "page {number}" }} }}'),
        )[0 if number % 20 == 0 else 1 + number % 2]
        lines.append(f"  {path}: {{ {rest} }}")
    return "\n".join(lines) + "\n"


def run(binary, file):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    subprocess.run([binary, "check", "-c", file], check=True, stdout=subprocess.DEVNULL)
    wall = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def lookup(programs, routes):
    """Nanoseconds."""
    words = [programs / "bench_route_lookups", str(routes)]
    return float(subprocess.run(words, check=True, capture_output=True, text=True).stdout)


def run_all(programs, runs):
    """Prints the median and the worst of so many runs as processor and wall time of the whole process."""
    binary = programs / "kirsch"
    if not all(os.access(program, os.X_OK) for program in (binary, programs / "bench_route_lookups")):
        print(f"{programs} lacks a program: tools/cmake/build release kirsch kirsch_modules bench_route_lookups", file=sys.stderr)
        return 1
    print("routes    wall median    worst   processor median    lookup at random")
    with tempfile.TemporaryDirectory() as folder:
        for routes in (100, 1_000, 10_000):
            file = pathlib.Path(folder) / "kirsch.yaml"
            file.write_text(configuration(routes))
            walls, processors = zip(*(run(binary, file) for _ in range(runs)))
            print(f"{routes:6}   {statistics.median(walls) * 1000:9.1f} ms {max(walls) * 1000:6.1f} ms"
                  f"       {statistics.median(processors) * 1000:9.1f} ms {lookup(programs, routes):14.1f} ns")
    return 0
