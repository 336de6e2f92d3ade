# Results as a table of text, and the same as Markdown.
from benchmark.servers import OURS

UNQUIET = "~"


def number(value, digits=1, unit=""):
    if value is None:
        return "–"
    return f"{value:,.{digits}f}{unit}"


def microseconds(nanoseconds):
    return "–" if nanoseconds is None else number(nanoseconds / 1e3, 0 if nanoseconds >= 100_000 else 1)


def mebibytes(count):
    return number(count / (1 << 20), 1)


def pair_rows(case):
    """One row per line of a case, with the ratios of ours to it."""
    for label, line in case["lines"].items():
        remarks = []
        if not line["saturated"]:
            remarks.append(f"not saturated ({100 * line['busy']:.0f} %)")
        if line["errors"]:
            remarks.append(f"{sum(line['errors'].values())} errors: {next(iter(line['errors']))}")
        if "started_in" in line:
            remarks.append(f"started in {line['started_in']:.2f} s")
        if "of_ideal" in line:
            remarks.append(f"{100 * line['of_ideal']:.1f} % of what is possible")
        user = "–" if line["user_share"] is None else number(100 * line["user_share"], 0, " %")
        yield [label, number(line["cpu"], 2), user, number(line["rate"], 0), number(line["bytes"], 0),
               mebibytes(line["pss"]), number(line.get("calls"), 2),
               *(ratio_text(case["ratios"].get(f"{ours} / {label}")) for ours in OURS), "; ".join(remarks)]


PAIR_HEAD = ["", "CPU µs/req", "user", "requests/s", "bytes", "PSS MiB", "calls/req", "uring/it", "epoll/it", ""]
LATENCY_HEAD = ["at 70 % of nginx", "requests/s", "busy", "p50/p99/p99.9 µs", "p99 uring/it", "p99 epoll/it"]


def latency_rows(case):
    for label, line in case["lines"].items():
        if rate := line.get("at_rate"):
            yield [label, number(rate["rate"], 0), number(100 * rate["busy"], 0, " %"), latency_text(rate),
                   *(ratio_text(case["p99_ratios"].get(f"{ours} / {label}")) for ours in OURS)]


def latency_text(rate):
    """Of a server that did not keep up the latency says how long it was asked, no more."""
    text = " / ".join(microseconds(rate[name]) for name in ("p50", "p99", "p999"))
    return ("" if rate["clean"] else UNQUIET) + text + ("" if rate["reached"] >= 0.98 and not rate["errors"] else " fell behind")


def ratio_text(ratio):
    if not ratio or ratio["median"] is None:
        return ""
    return f"{'' if ratio['clean'] else UNQUIET}{ratio['median']:.2f} ({ratio['low']:.2f}–{ratio['high']:.2f})"


IDLE_HEAD = ["", "bytes/connection", "PSS empty MiB", "PSS full MiB", "CPU µs/req beside them"]
FAIR_HEAD = ["", "p50 alone µs", "p50 beside", "p99 alone", "p99 beside", "times, by turn", "greedy MB/s", "greedy answers/s", ""]


def idle_rows(case):
    for label, line in case["lines"].items():
        yield [label, number(line["bytes_each"], 0), mebibytes(line["empty_pss"]), mebibytes(line["pss"]), number(line["cpu"], 1)]


def beside_row(label, line, *greedy):
    """What the good clients saw alone and beside others."""
    return [label, *(microseconds(line[key]) for key in ("p50_alone", "p50_beside", "p99_alone", "p99_beside")),
            ratio_text(line["times"]), *greedy,
            "; ".join([UNQUIET] * (not line["clean"]) + [f"{line['errors']} errors"] * bool(line["errors"]))]


def fair_rows(case):
    for label, line in case["lines"].items():
        yield beside_row(label, line, number(line["greedy_bytes_per_second"] / 1e6, 0),
                         number(line["greedy_answers_per_second"], 0))


CROWD_HEAD = FAIR_HEAD[:6] + FAIR_HEAD[8:]


def crowd_rows(case):
    for label, line in case["lines"].items():
        yield beside_row(label, line)


RECORDS_HEAD = ["", "sessions", "bytes besides data", "store ns", "lookup p50 ns", "lookup p99 ns", "expiry ns each",
                "longest sweep µs"]


def records_rows(case):
    for label, line in case["lines"].items():
        yield [label, *(number(line[key], 0) for key in ("sessions", "bytes_each", "store", "p50", "p99", "expiry")),
               microseconds(line["longest_sweep"])]


BROADCAST_HEAD = ["", "CPU ms/message", "CPU µs/member", "heard", "first ms", "half", "last"]


def broadcast_rows(case):
    for label, line in case["lines"].items():
        yield [label, number(line["cpu"] / 1e3, 1), number(line["cpu_each"], 2), number(100 * line["share"], 1, " %"),
               *(number(line[key] / 1e6, 1) for key in ("first", "half", "last"))]


KINDS = {"pairs": (PAIR_HEAD, pair_rows), "idle": (IDLE_HEAD, idle_rows), "fair": (FAIR_HEAD, fair_rows),
         "crowd": (CROWD_HEAD, crowd_rows), "records": (RECORDS_HEAD, records_rows),
         "broadcast": (BROADCAST_HEAD, broadcast_rows)}


def text_table(head, rows):
    rows = [head, *rows]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    return "\n".join("  ".join(cell.ljust(width) if column in (0, len(head) - 1) else cell.rjust(width)
                               for column, (cell, width) in enumerate(zip(row, widths))).rstrip() for row in rows)


def markdown_table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def discards(case):
    lines = case["lines"].values()
    if not all("unclean" in line for line in lines):
        return ""
    return (f"{sum(line['unclean'] for line in lines)} of {sum(line['slices'] for line in lines)} slices discarded: "
            "stolen time above 2 %, or other processes above 3 %")


def said_below(case):
    return f"congestion control {case['congestion_control']}" if "congestion_control" in case else discards(case)


def section(name, sentence, kind, case, markdown=False):
    head, rows = KINDS[kind]
    tables = [(head, list(rows(case)))]
    if "p99_ratios" in case:
        tables.append((LATENCY_HEAD, list(latency_rows(case))))
    said = said_below(case)
    if markdown:
        return f"## {name}: {sentence}\n\n" + "\n\n".join(markdown_table(*table) for table in tables) + "\n" + \
            (f"\n{said}\n" if said else "")
    return f"\n{name}: {sentence}\n" + "\n\n".join(text_table(*table) for table in tables) + (f"\n({said})" if said else "")


def preface(session):
    """What a reader of the Markdown has to know about where these numbers come from."""
    lines = ["# Benchmark", "", *(f"- {name}: {value}" for name, value in session.machine.items()),
             f"- {', '.join(dict.fromkeys(session.versions.values()))}",
             f"- {session.pairs} rounds, slices of {session.seconds:g} s; server on core 0, client on core 1; one loop or worker each",
             "", f"Ratios are medians over rounds, in brackets their 95 % bootstrap interval; {UNQUIET}: too few rounds were quiet, "
             "so all of them count. 'Not saturated' shows how much of its core the server used: its rate is then the client's.",
             ""]
    if session.remarks:
        lines += ["Remarks:", "", *(f"- {remark}" for remark in session.remarks), ""]
    return "\n".join(lines)
