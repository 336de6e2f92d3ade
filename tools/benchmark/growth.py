# Cost against what grows: connections, idle ones, routes, tools, header bytes, body bytes. Another dimension is data.
import dataclasses

from benchmark import plots, report
from benchmark.cases import Case
from benchmark.duty import Duty
from benchmark.measure import one_slice
from benchmark.pairs import load_of
from benchmark.running import Failure
from benchmark.servers import OURS


@dataclasses.dataclass(frozen=True)
class Dimension:
    name: str
    sentence: str
    points: tuple
    case: object                # point → Case
    across: str
    peers: tuple = ("nginx",)
    bytes: object = None        # point → bytes, where cost per byte is of interest


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
              "bytes", ("nginx",), lambda n: n),
    Dimension("body", "bytes of a POST that is taken and dropped", (0, 1 << 10, 16 << 10, 256 << 10, 4 << 20),
              lambda n: Case("", "", Duty("upload"), method="POST", path="/upload", body=n, load=(("connections", 16),)),
              "bytes", ("nginx",), lambda n: n),
)}


def measure(session, dimension):
    """label → [[point, µs, µs at each try…]]: three slices per point and server, their median."""
    found = {}
    for point in dimension.points:
        session.progress(f"growth {dimension.name}: {point}")
        case = dimension.case(point)
        lines = {name: (name, case.duty) for name in (*OURS, *dimension.peers)}
        folder = f"growth/{dimension.name}-{point}"
        try:
            with session.serving(folder, lines) as running:
                load = load_of(session, case, session.folder / folder)
                for label, server in running.items():
                    seen = sorted((one_slice(session.build, server, load) for _ in range(3)), key=lambda one: one["cpu"])
                    found.setdefault(label, []).append(
                        {"point": point, "cpu": seen[1]["cpu"], "tries": [one["cpu"] for one in seen],
                         "start_time": server.start_time, "clean": all(one["clean"] for one in seen),
                         "saturated": seen[1]["busy"] >= 0.95, "errors": sum(sum(one["errors"].values()) for one in seen)})
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
