# User instructions per request, which do not wobble: what two loads of different length differ by under callgrind.
# With the driver epoll: Valgrind 3.19 stops at io_uring. What time alone causes (a tick, a flush) is below 1 % of it.
import collections
import dataclasses
import re

from benchmark import callgrind, load, plots, report
from benchmark.cases import BROWSER, PIPELINE, SECURE, UPGRADE
from benchmark.duty import ROOT, Duty, target
from benchmark.running import Failure

FEW, MANY = 1_000, 4_000
TOP = 15

# label → (Duty, header fields of the request); where a server is named first it is that one.
MEASURED = {
    "bare, 1 field": (Duty(), ()),
    "bare, 11 fields, 600 bytes": (Duty(), BROWSER),
    "pipeline, 1 field": (PIPELINE, ()),
    "pipeline, 11 fields, 600 bytes": (PIPELINE, BROWSER),
    "secureheaders, three fields": (Duty(headers=SECURE), ()),
    "response_headers": (Duty(headers=(("X-Served-By", "bench"),)), ()),
    "request_id": (Duty(request_id=True), ()),
    "accesslog": (Duty(log=True), ()),
    "one no-op tool on": (Duty(tools=1), ()),
    "six no-op tools on": (Duty(tools=6), ()),
    "six on, ten off": (Duty(tools=16), ()),
    "static, 1 KiB": (Duty("files"), ()),
    "counting on a session": (Duty("count"), ()),
    "TLS 1.3, 1 field": (Duty(tls="ecdsa"), ()),
    "WebSocket, 125 bytes sent back": (Duty("websocket"), UPGRADE),
    "nginx, bare, 1 field": (Duty(alone=True), ()),
    "nginx, TLS 1.3, 1 field": (Duty(alone=True, tls="ecdsa"), ()),
    "nginx, bare, 11 fields, 600 bytes": (Duty(alone=True), BROWSER),
    "nginx, pipeline, 1 field": (dataclasses.replace(PIPELINE, alone=True), ()),
}
SHOWN = (*tuple(MEASURED)[:4], "static, 1 KiB", "counting on a session", "WebSocket, 125 bytes sent back")
FRAME = 125


def per_request(session, label):
    """(function, file, object) → instructions per request."""
    duty, headers = MEASURED[label]
    name = "nginx" if label.startswith("nginx") else "epoll"
    folder = "instructions/" + re.sub(r"\W+", "-", label)
    with session.serving(folder, {name: (name, duty)},
                         command=callgrind.command(session.build, session.folder / folder / name)) as running:
        server = running[name]
        path = target(duty)
        known = [load.cookie_of(server.address, path)] if duty.does == "count" else []
        asked = {"request": load.request_file(session.folder / folder, path=path, headers=(*headers, *known))}
        if duty.does == "websocket":
            asked = {"upgrade": asked["request"], "request": load.frame_file(session.folder / folder, FRAME)}
        parts = []
        for number, answers in enumerate((FEW, FEW, MANY), start=1):  # the first one fills caches
            seen = load.run(session.build, server.address, **asked, answers=answers, tls="1.3" if duty.tls else None)
            if seen["answers"] != answers:
                raise Failure(f"of {answers} requests {seen['answers']} were answered: {seen['errors']}")
            parts.append(callgrind.dump(server.process.pid, server.place.folder, number))
    return callgrind.difference(parts[2], parts[1], MANY - FEW)


def stage(file, binary):
    """Which part of the server an instruction belongs to: a folder of the core, a module, or a library."""
    if match := re.search(r"/(?:core|view/\w+)/(\w+)/(?:[\w/]*/)?[\w.]+$", file):
        return f"core/{match[1]}"
    if match := re.search(r"/(?:plugins|fixtures|state)/(?:[\w.-]*/)*(\w+)[\w.-]*\.so", binary):
        return f"module {match[1]}"
    if file.startswith(str(ROOT)):
        return file[len(str(ROOT)) + 1:].rpartition("/")[0]
    if binary.endswith("/bin/kirsch"):
        return "C++ headers, inlined"
    return re.sub(r"[-.\d]*\.so.*|.*/", "", binary.rpartition("/")[2]) or "?"


def sums(costs, key):
    totals = collections.Counter()
    for (function, file, binary), cost in costs.items():
        totals[key(function, file, binary)] += cost
    return totals


def short(function):
    """A name without its arguments and template parameters, which fill lines."""
    name = re.sub(r"\(anonymous namespace\)::|'\d+$", "", function)
    while (shorter := re.sub(r"<[^<>]*>", "", name)) != name and shorter:
        name = shorter
    return name.split("(")[0][-60:]


def run(session):
    """Measures all; returns the Markdown."""
    if obstacle := callgrind.obstacle():
        raise Failure(obstacle)
    costs = {}
    for label in MEASURED:
        session.progress(f"instructions: {label}")
        try:
            costs[label] = per_request(session, label)
        except Failure as failure:
            session.remark(f"instructions, {label}: {failure}")
    session.progress("")
    totals = {label: sum(cost.values()) for label, cost in costs.items()}
    bare = totals.get("bare, 1 field")
    rows = [[label, report.number(total, 0), report.number(total - bare, 0) if bare and "nginx" not in label else "–"]
            for label, total in totals.items()]
    parts = [part(session, "instructions per request (user, epoll, 64 connections)", ["", "instructions", "beyond bare"], rows)]
    shown = [label for label in SHOWN if label in costs]
    stages = {label: sums(costs[label], lambda _, file, binary: stage(file, binary)) for label in shown}
    names = sorted({name for of in stages.values() for name in of}, key=lambda name: -max(of[name] for of in stages.values()))
    rows = [[name, *(report.number(of[name], 0) for of in stages.values())] for name in names
            if max(of[name] for of in stages.values()) >= 1]
    parts.append(part(session, "the same by place in the source, inlined code where it stands", ["", *shown], rows))
    for label in shown:
        top = sums(costs[label], lambda function, *_: short(function)).most_common(TOP)
        parts.append(part(session, f"functions, with what is inlined into them: {label}", ["", "instructions"],
                          [[name, report.number(cost, 0)] for name, cost in top]))
    session.keep("instructions", {"totals": totals, "stages": stages, "functions": {
        label: sums(costs[label], lambda function, *_: function).most_common(60) for label in shown}})
    plots.bars(session, "instructions", "user instructions per request", totals, "instructions")
    return "\n".join(parts)


def part(session, title, head, rows):
    session.say(f"\n{title}\n{report.text_table(head, rows)}")
    return f"## {title}\n\n{report.markdown_table(head, rows)}\n"
