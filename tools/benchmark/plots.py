# Plots of results, as PNG and SVG. Without matplotlib there are none, and one remark says so.
try:
    import matplotlib
    matplotlib.use("Agg")
    from matplotlib import pyplot
except ImportError:
    pyplot = None

from benchmark.servers import OURS

OWN, OTHER = "#1b6ca8", "#9aa5b1"


def save(session, figure, name):
    figure.tight_layout()
    for ending in ("png", "svg"):
        figure.savefig(session.folder / f"{name}.{ending}", dpi=120)
    pyplot.close(figure)


def available(session):
    if pyplot is None:
        session.remark("python3-matplotlib is not installed, so there are no plots: tools/setup --bench")
    return pyplot is not None


def bars(session, name, sentence, values, unit):
    """label → value, the smallest first; ours in colour. Values more than twenty times the smallest make the axis logarithmic."""
    if not available(session) or not values:
        return
    ordered = sorted(values.items(), key=lambda item: -item[1])
    figure, axes = pyplot.subplots(figsize=(8, 0.7 + 0.36 * len(ordered)))
    drawn = axes.barh([label for label, _ in ordered], [value for _, value in ordered],
                      color=[OWN if label in OURS else OTHER for label, _ in ordered])
    axes.bar_label(drawn, labels=[f" {value:,.3g}" if value < 1000 else f" {value:,.0f}" for _, value in ordered])
    positive = [value for _, value in ordered if value > 0]
    if positive and max(positive) > 20 * min(positive):
        axes.set_xscale("log")
    axes.margins(x=0.15)
    axes.set_xlabel(unit)
    axes.set_title(f"{name}: {sentence}", fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)
    save(session, figure, name)


def curves(session, name, sentence, lines, across, unit, logarithmic=True):
    """label → [(x, y)]."""
    if not available(session) or not any(lines.values()):
        return
    figure, axes = pyplot.subplots(figsize=(7, 4))
    for label, points in lines.items():
        axes.plot([x for x, _ in points], [y for _, y in points], marker="o", label=label)
    if logarithmic:
        axes.set_xscale("symlog", linthresh=1)
    axes.set_ylim(bottom=0)
    axes.set_xlabel(across)
    axes.set_ylabel(unit)
    axes.set_title(f"{name}: {sentence}", fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    save(session, figure, name)


def case(session, name, sentence, kind, result):
    key, unit = {"pairs": ("cpu", "processor time per request, µs"), "idle": ("bytes_each", "bytes per idle connection"),
                 "records": ("p50", "median of a lookup, ns"),
                 "crowd": ("p99_beside", "p99 of the good clients beside the crowd, ns"),
                 "broadcast": ("cpu", "processor time per message, µs"),
                 "fair": ("p99_beside", "p99 of the good clients beside the greedy one, ns")}[kind]
    bars(session, name, sentence, {label: line[key] for label, line in result["lines"].items()}, unit)
