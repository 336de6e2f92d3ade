# System calls per request: the difference of two loads, counted by strace on a server that runs already.
import re
import shutil
import signal
import subprocess

from benchmark import load as generator
from benchmark.running import CLIENT_CORE, Failure, pinned

FEW = 200


def counted(session, running, load, answers, file):
    options = [word for pid in running.pids for word in ("-p", str(pid))]
    tracer = subprocess.Popen(["strace", "-f", "-c", "-U", "calls,name", "-o", str(file), *options], stderr=subprocess.PIPE,
                              text=True, preexec_fn=pinned(CLIENT_CORE))
    try:
        attached = 0
        while attached < len(running.pids):
            line = tracer.stderr.readline()
            if not line:
                raise Failure("strace cannot attach")
            attached += " attached" in line
        seen = generator.run(session.build, running.address, **{**load, "answers": answers})
        if seen["answers"] != answers:
            raise Failure(f"of {answers} requests {seen['answers']} were answered under strace: {seen['errors']}")
    finally:
        tracer.send_signal(signal.SIGINT)
        try:
            tracer.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            tracer.kill()
            tracer.communicate()
    return int(re.search(r"^\s*(\d+)\s+total$", file.read_text(), re.MULTILINE)[1])


def calls_per_request(session, running, load, rate):
    """`rate` is what the server can do untraced: slow ones are asked less."""
    if shutil.which("strace") is None:
        raise Failure("strace is not installed: tools/setup --bench")
    more = int(min(4000, max(300, rate / 10)))
    few, many = (counted(session, running, load, answers, running.place.folder / f"calls-{answers}")
                 for answers in (FEW, FEW + more))
    return (many - few) / more
