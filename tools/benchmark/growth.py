# Cost against what grows: connections, idle ones, routes, tools, sessions, members of a room, header bytes, body bytes.
# Another dimension is data.
import dataclasses

from benchmark import load, plots, report
from benchmark.cases import CASES, Case
from benchmark.duty import Duty
from benchmark.measure import SATURATED, one_slice
from benchmark.pairs import loads_of
from benchmark.running import Failure
from benchmark.servers import OURS
from benchmark.special import one_broadcast

TRIES = 3


@dataclasses.dataclass(frozen=True)
class Dimension:
    name: str
    sentence: str
    points: tuple
    case: object                # point → Case
    across: str
    peers: tuple = ("nginx",)
    tries: object = None        # (session, running server, case, point) → what each try has cost; slices of the case unless given


def slices(session, server, case, _point):
    wanted = loads_of(session, case, session.folder / case.name, {"": server})[""]
    seen = [one_slice(session.build, server, wanted) for _ in range(TRIES)]
    return [{"cpu": one["cpu"], "clean": one["clean"], "saturated": one["busy"] >= SATURATED, "errors": sum(one["errors"].values())}
            for one in seen]


def beside_sessions(session, server, case, point):
    """So many clients have come before, and their sessions stay."""
    request = load.request_file(session.folder / case.name, path=case.path, name="stranger")
    made = load.run(session.build, server.address, request=request, answers=point)
    if made["answers"] != point:
        raise Failure(f"{made['answers']} of {point} sessions were made: {made['errors']}")
    return slices(session, server, case, point)


def to_members(session, server, case, point):
    """A message to so many; whether the server had nothing else to do is not asked."""
    seen = [one_broadcast(session, server, case, point + 1) for _ in range(TRIES)]
    return [{"cpu": one["cpu"], "clean": one["clean"], "saturated": True, "errors": 0 if one["share"] == 1 else 1} for one in seen]


def tools(count):
    """So many tools, all on: the names of the fixture `ballast`, which has sixteen."""
    return Case("tools", "", Duty(tools=count), load=(("connections", 64),))


DIMENSIONS = {dimension.name: dimension for dimension in (
    Dimension("connections", "that are busy", (1, 8, 64, 512), lambda n: Case("", "", load=(("connections", n),)), "connections"),
    Dimension("idle", "connections beside 64 busy ones", (0, 1_000, 10_000),
              lambda n: Case("", "", load=(("idle", n),)), "idle connections"),
    Dimension("routes", "exact paths", (0, 10, 100, 1_000, 10_000),
              lambda n: Case("", "", Duty(routes=n), path=f"/r/{n - 1}" if n else "/"), "paths"),
    Dimension("tools", "no-op tools, six of them on at most", (0, 1, 2, 4, 6, 16), tools, "tools configured", ()),
    Dimension("header", "bytes of the request's fields", (0, 400, 2_000, 4_000, 7_000),
              lambda n: Case("", "", headers=tuple((f"X-Field-{at}", "v" * min(990, n - at)) for at in range(0, n, 1000))),
              "bytes"),
    Dimension("body", "bytes of a POST that is taken and dropped", (0, 1 << 10, 16 << 10, 256 << 10, 4 << 20),
              lambda n: Case("", "", Duty("upload"), method="POST", path="/upload", body=n, load=(("connections", 16),)),
              "bytes"),
    Dimension("sessions", "in memory, beside the one whose counter grows", (1, 1_000, 10_000, 100_000),
              lambda n: CASES["counting"], "sessions", ("express",), beside_sessions),
    Dimension("subscribers", "members of a room, to whom a message of 1 KiB goes", (10, 100, 1_000, 10_000),
              lambda n: CASES["websocket-broadcast"], "members", ("ws",), to_members),
)}


def measure(session, dimension):
    """label → [{point, µs: the median of the tries, …}], a server started anew for each point."""
    found = {}
    for point in dimension.points:
        session.progress(f"growth {dimension.name}: {point}")
        case = dataclasses.replace(dimension.case(point), name=f"growth/{dimension.name}-{point}")
        try:
            with session.serving(case.name, {name: (name, case.duty) for name in (*OURS, *dimension.peers)}) as running:
                for label, server in running.items():
                    tries = sorted((dimension.tries or slices)(session, server, case, point), key=lambda one: one["cpu"])
                    found.setdefault(label, []).append(
                        tries[len(tries) // 2] | {"point": point, "tries": [one["cpu"] for one in tries],
                                                  "start_time": server.start_time, "clean": all(one["clean"] for one in tries),
                                                  "errors": sum(one["errors"] for one in tries)})
        except Failure as failure:
            session.remark(f"growth {dimension.name} {point}: {failure}")
    return found


def table(dimension, found):
    head = [dimension.across, *(f"{label} µs" for label in found)]
    rows = []
    for point in dimension.points:
        cells = []
        for points in found.values():
            at = next((one for one in points if one["point"] == point), None)
            cells.append("–" if at is None else ("" if at["clean"] else report.UNQUIET) + report.number(at["cpu"], 2) +
                         ("" if at["saturated"] else "*"))
        rows.append([f"{point:,}", *cells])
    return head, rows


def run(session, names=()):
    """Measures all dimensions, or the named ones; returns the Markdown."""
    parts = []
    for name in names or DIMENSIONS:
        dimension = DIMENSIONS[name]
        found = measure(session, dimension)
        session.keep(f"growth {name}", found)
        head, rows = table(dimension, found)
        title = f"growth of {name}: {dimension.sentence}"
        session.say(f"\n{title}\n{report.text_table(head, rows)}")
        parts.append(f"## {title}\n\n{report.markdown_table(head, rows)}\n\n*: not saturated\n")
        plots.curves(session, f"growth-{name}", dimension.sentence,
                     {label: [(one["point"], one["cpu"]) for one in points] for label, points in found.items()},
                     dimension.across, "processor time per request, µs")
    return "\n".join(parts)
