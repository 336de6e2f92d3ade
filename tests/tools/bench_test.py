# tools/bench: its statistics, its rule for slices, its accounts of processes, its tables, and what it tells each server.
# Usage: bench_test.py SOURCE
import contextlib
import dataclasses
import io
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import threading
import types
import unittest
from collections import Counter

SOURCE = pathlib.Path(sys.argv[1])
sys.path.insert(0, str(SOURCE / "tools"))
from benchmark import (callgrind, cases, command, downloader, growth, machine, measure, network, pairs, report, running,  # noqa: E402
                       smoke, special, spread)
from benchmark.duty import Duty, Place, make_site  # noqa: E402
from benchmark.load import Downloader, options_of, request_file  # noqa: E402
from benchmark.servers import OURS, SERVERS  # noqa: E402
from benchmark.session import Session  # noqa: E402


def slice_of(cpu, clean=True, **more):
    return {"cpu": cpu, "clean": clean, "rate": 1e6 / cpu, "bytes": 130, "busy": 0.99, "client": 0.5, "p50": 1, "p99": 2,
            "p999": 3, "user": 0.1, "kernel": 0.3, "errors": {}, "answers": 1000, **more}


class Statistics(unittest.TestCase):
    def test_gives_an_interval_that_holds_the_median_and_narrows_with_more_pairs(self):
        few, many = [0.4, 0.5, 0.6], [0.4, 0.5, 0.6] * 20
        for values in (few, many):
            said = spread.summary(values)
            self.assertLessEqual(said["low"], said["median"])
            self.assertLessEqual(said["median"], said["high"])
            self.assertEqual(said["median"], 0.5)
            self.assertEqual(said["pairs"], len(values))
        width = [spread.summary(values)["high"] - spread.summary(values)["low"] for values in (few, many)]
        self.assertGreater(width[0], width[1])
        self.assertEqual(spread.interval(many), spread.interval(many))
        self.assertEqual(spread.interval([0.5]), (0.5, 0.5))

    def test_pairs_slices_of_the_same_round_and_leaves_unquiet_rounds_out(self):
        ours = [slice_of(1), slice_of(2), slice_of(100, clean=False), slice_of(4), None]
        peer = [slice_of(2), slice_of(4), slice_of(2), slice_of(8), slice_of(1)]
        self.assertEqual(spread.ratios(ours, peer, "cpu"), ([0.5, 0.5, 0.5], True))

    def test_takes_all_rounds_and_says_so_where_too_few_were_quiet(self):
        ours = [slice_of(1), slice_of(2, clean=False), slice_of(3)]
        peer = [slice_of(2), slice_of(4), slice_of(6, clean=False)]
        self.assertEqual(spread.ratios(ours, peer, "cpu"), ([0.5, 0.5, 0.5], False))

    def test_pools_histograms(self):
        self.assertEqual(spread.percentile([[[10, 98]], [[10, 1], [50, 1]]], 0.99), 10)
        self.assertEqual(spread.percentile([[[10, 98]], [[20, 1], [50, 1]]], 0.999), 50)
        self.assertIsNone(spread.percentile([[]], 0.5))

    def test_discards_by_the_rule(self):
        self.assertTrue(machine.quiet(0.02, 0.03))
        self.assertFalse(machine.quiet(0.021, 0))
        self.assertFalse(machine.quiet(0, 0.031))

    def test_asks_again_for_a_slice_in_which_others_may_have_made_p99(self):
        self.assertTrue(machine.still(0.005, 0.005))
        for others, wanted in (([0.004], 1), ([0.04], 1), ([0.01, 0.006, 0.001], 3), ([0.01] * 3, 3)):
            left = [slice_of(number, steal=0, others=share) for number, share in enumerate(others, 1)]
            slice_ = measure.still_slice(lambda: left.pop(0))  # noqa: B023
            self.assertEqual((left, slice_["cpu"], slice_["clean"]), ([], wanted, others[-1] <= 0.005))
        self.assertFalse(measure.still_slice(lambda: slice_of(1, steal=0.006, others=0))["clean"])

    def test_says_that_a_server_was_not_saturated_and_counts_wrong_answers(self):
        idle = pairs.line_of([slice_of(5, busy=0.8), slice_of(5, busy=0.7, errors={"status 500": 3})])
        self.assertFalse(idle["saturated"])
        self.assertEqual(idle["errors"], {"status 500": 3})
        self.assertEqual(idle["user_share"], 0.25)
        idle |= {"pss": 1 << 20}
        row = list(report.pair_rows({"lines": {"nginx": idle}, "ratios": {}}))[0]
        self.assertIn("not saturated (75 %)", row[-1])
        self.assertIn("3 errors: status 500", row[-1])
        self.assertTrue(pairs.line_of([slice_of(5)])["saturated"])

    def test_takes_the_median_of_quiet_slices(self):
        self.assertEqual(pairs.middle([slice_of(1), slice_of(2), slice_of(3), slice_of(90, clean=False)], "cpu"), 2)
        self.assertEqual(pairs.middle([slice_of(1, clean=False), slice_of(3, clean=False), None], "cpu"), 2)
        self.assertEqual(pairs.middle([slice_of(9), *[slice_of(4, clean=False)] * 5], "cpu"), 4)  # one is too few

    def test_shows_ratios_with_their_interval_and_marks_the_unquiet(self):
        ratio = {"median": 0.5, "low": 0.4, "high": 0.6, "pairs": 3, "clean": True}
        self.assertEqual(report.ratio_text(ratio), "0.50 (0.40–0.60)")
        self.assertEqual(report.ratio_text(ratio | {"clean": False}), "~0.50 (0.40–0.60)")
        self.assertEqual(report.ratio_text(ratio | {"median": None}), "")

    def test_says_that_a_server_fell_behind_its_rate(self):
        rate = {"p50": 1000, "p99": 2000, "p999": 200_000, "reached": 1, "errors": 0, "clean": True}
        self.assertEqual(report.latency_text(rate), "1.0 / 2.0 / 200")
        self.assertEqual(report.latency_text(rate | {"clean": False, "reached": 0.9}), "~1.0 / 2.0 / 200 fell behind")

    def test_shows_latency_and_its_ratios_below_the_pairs(self):
        ratio = {"median": 0.5, "low": 0.4, "high": 0.6, "pairs": 5, "clean": True}
        slices = [slice_of(10, p99=9000, rate=70), slice_of(10, p99=7000, rate=70), slice_of(10, p99=8000, rate=60), None]
        rate = pairs.latency_of(slices, 70)
        self.assertEqual((rate["p99"], rate["reached"], rate["clean"], rate["errors"]), (8000, 1, True, 0))
        self.assertFalse(pairs.latency_of([slice_of(10, clean=False)] * 5, 70)["clean"])
        line = pairs.line_of([slice_of(5)]) | {"pss": 1 << 20}
        case = {"lines": {"nginx": line | {"at_rate": rate}, "h2o": line}, "ratios": {}, "p99_ratios": {"epoll / nginx": ratio}}
        self.assertEqual(list(report.latency_rows(case)), [["nginx", "70", "99 %", "0.0 / 8.0 / 0.0", "", "0.50 (0.40–0.60)"]])
        self.assertIn("at 70 % of nginx", report.section("bare", "", "pairs", case))
        del case["p99_ratios"]
        self.assertNotIn("at 70 % of nginx", report.section("bare", "", "pairs", case, markdown=True))

    def test_compares_ours_with_each_other_that_was_measured(self):
        slices = {"uring": [slice_of(1, p99=1)] * 3, "epoll": [None] * 3, "nginx": [slice_of(1, p99=4)] * 3, "h2o": [None] * 3}
        found = pairs.ratios_of_ours(slices, "p99")
        self.assertEqual(list(found), ["uring / nginx"])
        self.assertEqual((found["uring / nginx"]["median"], found["uring / nginx"]["clean"]), (0.25, True))

    def test_says_with_which_congestion_control_fairness_was_measured(self):
        self.assertIn("(congestion control cubic)", report.section("fair", "", "fair", {"lines": {}, "congestion_control": "cubic"}))

    def test_finds_what_is_missing_in_a_smoke(self):
        line = slice_of(5) | {"pss": 1}
        good = {"lines": {"uring": line, "nginx": line}, "ratios": {"a": {"median": 1, "low": 1, "high": 1}}}
        self.assertEqual(list(smoke.faults(good, ["uring", "nginx"])), [])
        for bad in ({"lines": {"uring": line}}, {"lines": {"uring": line, "nginx": line | {"cpu": 0}}},
                    {"lines": {"uring": line, "nginx": line | {"errors": {"x": 1}}}},
                    {"ratios": {"a": {"median": 1, "low": 2, "high": 3}}}):
            self.assertEqual(len(list(smoke.faults(good | bad, ["uring", "nginx"]))), 1, bad)


class Rounds(unittest.TestCase):
    def rounds(self, clean, pairs_wanted=4, servers=("a", "b", "broken")):
        """`clean` tells of each slice of `a` in turn; the others are clean."""
        asked = []

        def one_slice(_build, server, _load):
            asked.append(server)
            if server == "broken":
                raise running.Failure("it broke")
            return slice_of(1, clean=server != "a" or clean(asked.count("a"))) | {"latency": []}
        kept, measure.one_slice = measure.one_slice, one_slice
        self.addCleanup(setattr, measure, "one_slice", kept)
        load = dict.fromkeys(servers, {"seconds": 10})
        found = measure.rounds(None, {name: name for name in servers}, pairs_wanted, load)
        return asked, *found

    def test_go_forwards_and_backwards_and_survive_a_broken_server(self):
        asked, slices, failures = self.rounds(lambda number: True)
        self.assertEqual(asked[:6], ["a", "b", "broken", "broken", "b", "a"])
        self.assertEqual(failures, {"broken": "it broke"})
        self.assertEqual(slices["broken"], [None] * len(slices["a"]))

    def test_are_more_where_some_were_not_clean_a_third_at_most(self):
        for unclean, wanted in (((), 6), ((2,), 7), ((1, 2, 3, 4), 8), (range(99), 6)):
            slices = self.rounds(lambda number: number not in unclean, 6, ("a", "b"))[1]
            self.assertEqual(len(slices["a"]), wanted, unclean)


class Latency(unittest.TestCase):
    def test_is_asked_for_in_rounds_at_a_share_of_what_nginx_or_the_server_itself_reached(self):
        asked = []

        def one_slice(_build, server, load):
            asked.append((server.name, load["rate"]))
            return slice_of(1, steal=0, others=0.01 if len(asked) == 1 else 0) | {"latency": []}
        kept, measure.one_slice = measure.one_slice, one_slice
        self.addCleanup(setattr, measure, "one_slice", kept)
        with tempfile.TemporaryDirectory() as folder:
            lines = {"a": {"rate": 1000}, "nginx": {"rate": 500}, "b": {"rate": 100}, "slow": {"rate": 99}}
            loads = dict.fromkeys(lines, {"seconds": 1})
            servers = {name: types.SimpleNamespace(name=name, pids=[]) for name in lines}
            slices, failures, rates = pairs.latency_rounds(Silent(folder), servers, loads, lines)
            self.assertEqual(pairs.latency_rounds(Silent(folder), {}, {}, {}), ({}, {}, {}))
        self.assertEqual(asked[:5], [("a", 350), ("a", 350), ("nginx", 350), ("b", 70), ("b", 70)])  # the first was not still
        self.assertEqual(([len(of) for of in slices.values()], failures, rates), ([5] * 3, {}, {"a": 350, "nginx": 350, "b": 70}))


class Networks(unittest.TestCase):
    def test_of_their_own_do_not_pace_and_change_nothing_of_the_machine(self):
        before, home, remarks = network.CHOICE.read_text(), os.readlink("/proc/thread-self/ns/net"), []
        with network.unpaced(remarks.append) as control:
            if remarks:
                self.skipTest(remarks[0])
            self.assertIn(control, network.UNPACED)
            self.assertNotEqual(os.readlink("/proc/thread-self/ns/net"), home)
            with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
                self.assertTrue(client.getsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, 16).startswith(control.encode()))
        self.assertEqual((network.CHOICE.read_text(), os.readlink("/proc/thread-self/ns/net")), (before, home))

    def test_are_the_machines_where_none_can_be_had_and_that_is_said(self):
        home, remarks = os.readlink("/proc/thread-self/ns/net"), []

        def refused(_stack):
            raise OSError("not today")
        kept, network.leave_home = network.leave_home, refused
        self.addCleanup(setattr, network, "leave_home", kept)
        with network.unpaced(remarks.append) as control:
            self.assertEqual(control, network.CHOICE.read_text().strip())
            self.assertEqual(os.readlink("/proc/thread-self/ns/net"), home)
        self.assertEqual(len(remarks), 1)
        self.assertRegex(remarks[0], f"measured with {control}, .*not today")


class Downloads(unittest.TestCase):
    """The client that downloads, from a server that gives these answers and hangs up; not greedy, or a busy machine would keep it
    waiting."""

    def downloader(self, *answers, length=100_000, seconds=0.2):
        def serve():
            with contextlib.suppress(OSError):  # the client may leave at any time, or never come
                connection, _ = server.accept()
                with connection:
                    for answer in answers:
                        connection.recv(4096)
                        connection.sendall(answer)
        server = socket.create_server(("127.0.0.1", 0))
        server.settimeout(30)
        self.addCleanup(server.close)
        thread = threading.Thread(target=serve)
        thread.start()
        self.addCleanup(thread.join)
        client = Downloader(f"127.0.0.1:{server.getsockname()[1]}", "/file", length, seconds, greedy=False)
        self.addCleanup(client.end)
        return client

    def test_count_bytes_and_complete_answers_until_their_time_is_over(self):
        answer = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + b"x" * 100_000
        client, server = socket.socketpair()
        now = 100  # the time of the client, which passes while the fourth answer comes

        def serve():
            nonlocal now
            for part in (answer, answer, answer, answer[:50_000]):
                server.recv(4096)
                now += part != answer
                server.sendall(part)
        kept, downloader.time = downloader.time, types.SimpleNamespace(monotonic=lambda: now)
        self.addCleanup(setattr, downloader, "time", kept)
        thread = threading.Thread(target=serve)
        with client, server, contextlib.redirect_stdout(io.StringIO()) as said:
            thread.start()
            seen = downloader.download(client, b"GET /file HTTP/1.1\r\n\r\n", 100_000, 1)
            thread.join()
        self.assertEqual((seen["answers"], seen["seconds"], said.getvalue()), (3, 1, "ready\n"))
        self.assertLess(3 * len(answer), seen["bytes"])
        self.assertLessEqual(seen["bytes"], 3 * len(answer) + 50_000)

    def test_are_a_program_that_says_what_came(self):
        answer = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + b"x" * 100_000
        seen = self.downloader(*[answer] * 100_000).result()
        self.assertGreater(seen["bytes"], 0)
        self.assertGreaterEqual(seen["seconds"], 0.2)

    def test_fail_where_an_answer_is_wrong(self):
        good = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + b"x" * 100_000
        for answer, sentence in ((b"HTTP/1.1 404 Not Found\r\nContent-Length: 100000\r\n\r\n", "is http/1.1 404 not found"),
                                 (b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", "has no Content-Length of 100000"),
                                 (b"HTTP/1.1 200 OK\r\n\r\n", "has no Content-Length of 100000"),
                                 (b"junk\r\n\r\n", "is junk")):
            with self.assertRaisesRegex(running.Failure, sentence):
                self.downloader(answer)
            client = self.downloader(good, answer, seconds=60)  # not the first
            with self.assertRaisesRegex(running.Failure, sentence):
                client.result()
            self.assertNotEqual(client.process.returncode, 0)

    def test_fail_where_the_server_hangs_up(self):
        with self.assertRaisesRegex(running.Failure, "closed the connection"):
            self.downloader(b"HTTP/1.1 200 OK\r\n")
        client = self.downloader(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nx", seconds=60)
        with self.assertRaisesRegex(running.Failure, "closed the connection"):
            client.result()


# A server with a child that nobody asked for; without `serve` it answers nobody and leaves.
SERVE = """import http.server,os,sys
if os.fork() == 0:
  import signal
  signal.signal(signal.SIGTERM, signal.SIG_IGN)
  signal.pause()
class Greet(http.server.BaseHTTPRequestHandler):
  protocol_version = "HTTP/1.1"
  def do_GET(self):
    self.send_response(200)
    self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Greet).serve_forever()
"""


class Greeter:
    name = "greeter"

    def __init__(self, code):
        self.code = code

    def command(self, _duty, place):
        return [sys.executable, "-c", self.code, str(place.port)]


class Processes(unittest.TestCase):
    def running(self, code):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = pathlib.Path(folder.name)
        return running.Running(Greeter(code), Duty(), Place(path / "server", path, path, running.free_port()))

    def test_end_with_their_server_whatever_they_ignore(self):
        with self.running(SERVE) as server:
            pids = server.pids
            self.assertEqual(len(pids), 2)
            self.assertGreater(server.start_time, 0)
        self.assertEqual([pid for pid in pids if not running.gone(pid)], [])

    def test_have_their_core_before_others_where_that_is_allowed(self):
        def policies(server):
            return {os.sched_getscheduler(task) for task in running.tasks(server.pids)}
        remarks = []
        with self.running(SERVE) as server:
            with running.before_others(server, remarks.append):
                self.assertEqual(policies(server), {os.SCHED_OTHER if remarks else os.SCHED_FIFO})
            self.assertEqual(policies(server), {os.SCHED_OTHER})

            def refused(_task, policy, _param):
                if policy == os.SCHED_FIFO:
                    raise PermissionError(1, "not today")
            kept, os.sched_setscheduler = os.sched_setscheduler, refused
            self.addCleanup(setattr, os, "sched_setscheduler", kept)
            with running.before_others(server, remarks.append):
                self.assertEqual(policies(server), {os.SCHED_OTHER})
        self.assertIn("not today", remarks[-1])

    def test_that_do_not_start_say_why(self):
        with self.assertRaisesRegex(running.Failure, "greeter ended with 3: no port for me"):
            self.running("import sys; print('no port for me', flush=True); sys.exit(3)")

    def test_count_the_processor_time_of_a_family(self):
        burn = "import os,sys,time\nif os.fork():\n  sys.stdin.read()\nelse:\n  t=time.process_time()\n" \
               "  while time.process_time()-t<0.2: pass\n  print('done',flush=True)\n  sys.stdin.read()\n"
        with subprocess.Popen([sys.executable, "-c", burn], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
            self.assertEqual(parent.stdout.readline(), "done\n")
            family = running.family(parent.pid)
            self.assertEqual(len(family), 2)
            self.assertGreaterEqual(running.cpu_time(family), 190_000_000)
            self.assertLess(running.cpu_time([parent.pid]), running.cpu_time(family))
            rss, pss = running.memory(family)
            self.assertGreater(rss, pss)  # the two share most of their pages
            self.assertGreater(pss, 1 << 20)
            parent.stdin.close()

    def test_see_what_others_use(self):
        watch = machine.Watch([])
        with subprocess.Popen([sys.executable, "-c", "import time\nwhile time.process_time()<1: pass\nprint('x',flush=True)\n"
                               "input()"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
            other.stdout.readline()
            everything = watch.shares(0)[1]
            without = watch.shares(other.pid)[1]
            self.assertGreater(everything, without)
            other.communicate("\n")


class Configurations(unittest.TestCase):
    def test_of_every_case_are_made_for_every_server_in_it(self):
        with tempfile.TemporaryDirectory() as folder:
            site = make_site(pathlib.Path(folder) / "site")
            for kind in ("ecdsa", "rsa"):  # that a run would have made with the server
                (site.parent / f"certificate-{kind}").mkdir()
            for case in cases.CASES.values():
                request_file(pathlib.Path(folder), case.method, case.path, case.body, case.headers)
                for label, (name, duty) in cases.lines(case).items():
                    self.assertIn(name, SERVERS, case.name)
                    self.assertLessEqual(duty.wants(), SERVERS[name].offers, f"{case.name}: {label}")
                    if not hasattr(SERVERS[name], "lines"):
                        continue
                    text = "\n".join(SERVERS[name].lines(duty, Place(pathlib.Path(folder), site, site, 8080)))
                    self.assertIn("8080", text)
                    for header, value in duty.headers:
                        self.assertIn(header, text)
                        self.assertIn(value, text)

    def test_give_this_server_twenty_tools_of_which_six_are_on(self):
        tools = SERVERS["epoll"].tools(cases.PIPELINE)
        self.assertEqual(len(tools), 20)
        self.assertEqual(sum(options.get("on", True) for options in tools.values()), 6)
        for name in ("secureheaders", "request_id", "response_headers", "accesslog"):
            self.assertIn(name, tools)
        self.assertEqual(SERVERS["epoll"].tools(Duty()), {})

    def test_can_be_grown(self):
        for dimension in growth.DIMENSIONS.values():
            for point in dimension.points:
                self.assertTrue(dimension.case(point).path.startswith("/"))
        head, rows = growth.table(growth.DIMENSIONS["tools"], {"uring": [
            {"point": 0, "cpu": 5, "clean": True, "saturated": True}, {"point": 1, "cpu": 6, "clean": False, "saturated": False}]})
        self.assertEqual(rows[:3], [["0", "5.00"], ["1", "~6.00*"], ["2", "–"]])
        self.assertEqual(len(head), 2)

    def test_write_requests_and_options(self):
        with tempfile.TemporaryDirectory() as folder:
            file = request_file(pathlib.Path(folder), "POST", "/echo", 3, (("A", "b"),))
            self.assertEqual(file.read_bytes(), b"POST /echo HTTP/1.1\r\nHost: 127.0.0.1\r\nA: b\r\nContent-Length: 3\r\n\r\nxxx")
        self.assertEqual(options_of({"fresh": True, "beside_depth": 2, "size": None, "hold": False}),
                         ["--fresh", "--beside-depth", "2"])

    def test_ask_a_browsers_request_of_eleven_fields_and_six_hundred_bytes(self):
        with tempfile.TemporaryDirectory() as folder:
            text = request_file(pathlib.Path(folder), headers=cases.BROWSER).read_bytes()
        self.assertEqual(text.count(b"\r\n") - 2, 11)
        self.assertTrue(550 <= len(text) <= 800, len(text))


DUMP = """positions: line
events: Ir
ob=(1) /x/bin/kirsch
fl=(1) /x/core/http/head_parser.cpp
fn=(1) parse(char)
10 100
+2 20
cfn=(2) memcpy
calls=5 7
10 999
fi=(2) /usr/include/string
* 30
fe=(1)
-1 1
fn=(2)
7 50
totals: 201
"""


class Instructions(unittest.TestCase):
    def test_are_those_a_function_executes_itself(self):
        costs = callgrind.own_costs(DUMP)
        self.assertEqual(costs["parse(char)", "/x/core/http/head_parser.cpp", "/x/bin/kirsch"], 121)
        self.assertEqual(costs["parse(char)", "/usr/include/string", "/x/bin/kirsch"], 30)
        self.assertEqual(sum(costs.values()), 201)

    def test_per_request_are_the_difference_of_two_loads(self):
        self.assertEqual(callgrind.difference(Counter(a=300, b=50, c=5), Counter(a=100, b=50), 100), {"a": 2, "c": 0.05})


class Silent(Session):
    """A session that measures nothing."""

    def __init__(self, folder):  # noqa: PLW0231
        self.folder, self.build, self.pairs, self.seconds = pathlib.Path(folder), pathlib.Path(folder) / "nowhere", 1, 1
        self.machine, self.versions, self.results, self.remarks = {}, {}, {}, []
        self.obstacles = {"nginx": "nginx is not installed"}

    def say(self, text, end="\n"):
        pass


class Command(unittest.TestCase):
    def measured(self, measure_it):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        session, parts = Silent(folder.name), []
        kept, command.KINDS["idle"] = command.KINDS["idle"], measure_it
        self.addCleanup(command.KINDS.__setitem__, "idle", kept)
        good = command.measure_case(session, cases.CASES["idle"], parts)
        return session, parts, good

    def test_goes_on_after_a_case_that_fails_and_keeps_why(self):
        def fail(_session, _case):
            raise running.Failure("the moon is full")
        session, parts, good = self.measured(fail)
        self.assertEqual((parts, good), ([], False))
        self.assertEqual(session.remarks, ["idle failed: the moon is full"])
        self.assertIn("the moon is full", (session.folder / "results.json").read_text())

    def test_leaves_out_what_is_not_installed_and_says_so(self):
        only = dataclasses.replace(cases.CASES["idle"], peers=("nginx",))
        session, _, good = self.measured(lambda session, _: special.idle(session, only, 10))
        self.assertIn("nginx is not installed; left out", session.remarks)
        self.assertTrue(any("uring cannot be started" in remark for remark in session.remarks), session.remarks)
        self.assertTrue(good)

    def test_refuses_what_it_does_not_know(self):
        for arguments in (["nowhere"], ["growth", "nothing"], ["--pairs", "0"], ["--seconds", "0"]):
            said = subprocess.run([SOURCE / "tools/bench", *arguments], capture_output=True, text=True, check=False)
            self.assertEqual(said.returncode, 2, arguments)

    def test_lists_each_case(self):
        said = subprocess.run([SOURCE / "tools/bench", "list"], capture_output=True, text=True, check=True).stdout
        for name in (*cases.CASES, *growth.DIMENSIONS):
            self.assertIn(name, said)
        self.assertEqual(set(cases.lines(cases.CASES["bare"])) - set(OURS), set(cases.ALL))


unittest.main(argv=sys.argv[:1], verbosity=2)
