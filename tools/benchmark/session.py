# One run of the benchmark: its folder, which servers take part, what was said on the way, and the results so far.
import contextlib
import json
import os
import pathlib
import resource
import sys
import time

from benchmark import machine
from benchmark.duty import ROOT, Place, make_site
from benchmark.running import CLIENT_CORE, Failure, Running, free_port
from benchmark.servers import OURS, SERVERS


class Session:
    def __init__(self, preset, folder=None, pairs=15, seconds=0.5):
        self.build = ROOT / "build" / preset
        self.folder = pathlib.Path(folder).resolve() if folder else ROOT / "build/bench" / time.strftime("%Y%m%d-%H%M%S")
        self.pairs, self.seconds = pairs, seconds
        self.results, self.remarks = {}, []
        self.folder.mkdir(parents=True, exist_ok=True)
        os.sched_setaffinity(0, {CLIENT_CORE % os.cpu_count()})
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        self.obstacles = {name: server.obstacle(self.build) for name, server in SERVERS.items() if name not in OURS}
        self.machine = machine.description()
        self.versions = {name: server.version(self.build) for name, server in SERVERS.items()
                         if not self.obstacles.get(name)}

    def say(self, text, end="\n"):
        print(text, end=end, flush=True)

    def progress(self, text):
        if sys.stdout.isatty():
            self.say(f"\r\033[K{text}", end="")

    def remark(self, text):
        """What a reader of the results has to know."""
        if text not in self.remarks:
            self.remarks.append(text)
            self.say(f"  ! {text}")

    def site(self, *more):
        return make_site(self.folder / "site", ("1k", "64k", "1m", *more))

    @contextlib.contextmanager
    def serving(self, case_name, lines, site=None, command=()):
        """label → Running for all lines that start. What does not start, or is not installed, is remarked and left out."""
        with contextlib.ExitStack() as stack:
            running = {}
            for label, (name, duty) in lines.items():
                if self.obstacles.get(name):
                    self.remark(f"{self.obstacles[name]}; left out")
                elif duty.wants() <= SERVERS[name].offers:
                    place = Place(self.folder / case_name / label.replace(" ", "-"), site or self.site(), self.build,
                                  free_port())
                    try:
                        running[label] = stack.enter_context(Running(SERVERS[name], duty, place, command))
                    except Failure as failure:
                        self.remark(f"{case_name}: {failure}")
            if not running:
                raise Failure("no server started")
            yield running

    def keep(self, case_name, result):
        """Results are on disk as soon as a case is over."""
        self.results[case_name] = result
        text = json.dumps({"machine": self.machine, "versions": self.versions, "pairs": self.pairs,
                           "seconds": self.seconds, "remarks": self.remarks, "results": self.results}, indent=1)
        (self.folder / "results.json").write_text(text + "\n")
