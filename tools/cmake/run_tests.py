#!/usr/bin/env python3
# Runs the tests of a build folder. Those that fail run once more by themselves, which tells a fault from a race but excuses
# nothing; what they said is put together in FOLDER/Testing/failures.txt, for the end of the output.
# Usage: run_tests.py FOLDER [CTEST-ARGUMENT…]
import pathlib
import re
import subprocess
import sys
import xml.etree.ElementTree as xml

MOST_AGAIN = 10  # where more failed, none of them was a race
SHOWN_TESTS, SHOWN_LINES, SHOWN_WIDTH = 3, 10, 240
FRAME = re.compile(r"\[[ =\-A-Z]{10}\]|Running main\(\)|Note: Google Test|\s*$| *\d+ FAILED TEST")
BEGINNING = re.compile(r"Failure$|: Failure|ERROR: \w+Sanitizer|WARNING: \w+Sanitizer|runtime error:|^(FAIL|ERROR): |Exception")


def ctest(folder, name, *arguments):
    """The exit code, and what each failed test said."""
    report = folder / "Testing" / name
    report.unlink(missing_ok=True)
    done = subprocess.run(["ctest", "--test-dir", folder, "--output-junit", report, *arguments])
    if not report.exists():
        return done.returncode, {}
    cases = xml.parse(report).getroot().iter("testcase")
    return done.returncode, {case.get("name"): case.findtext("system-out") or "" for case in cases
                             if case.get("status") == "fail"}


def telling(output):
    """From the first sentence that names a fault; without one, the end."""
    lines = [line[:SHOWN_WIDTH] for line in output.splitlines() if not FRAME.match(line)]
    first = next((index for index, line in enumerate(lines) if BEGINNING.search(line)), max(0, len(lines) - SHOWN_LINES))
    return lines[first:first + SHOWN_LINES]


def account(first, again):
    for name in list(first)[:SHOWN_TESTS]:
        yield f"--- {name} said:"
        yield from (f"  {line}" for line in telling(first[name]))
    if again is None:
        yield f"failed: {len(first)} tests, too many to run them again"
        return
    for name in first:
        yield f"failed, and failed when run again: {name}" if name in again else f"failed, then passed when run again: {name}"


def main(folder, *arguments):
    failures = folder / "Testing/failures.txt"
    failures.parent.mkdir(exist_ok=True)
    failures.unlink(missing_ok=True)
    code, first = ctest(folder, "first.xml", *arguments)
    if first:
        again = None
        if len(first) <= MOST_AGAIN:
            print("Running once more what failed …", flush=True)
            _, again = ctest(folder, "again.xml", "--rerun-failed", "--output-on-failure")
        failures.write_text("".join(line + "\n" for line in account(first, again)))
    return code


sys.exit(main(pathlib.Path(sys.argv[1]).resolve(), *sys.argv[2:]))
