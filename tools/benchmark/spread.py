# Medians with their uncertainty, and percentiles of several runs together.
import random
import statistics

SAMPLES = 2000


def interval(values, share=0.95, samples=SAMPLES):
    """The bootstrap interval of the median: where it would lie had other pairs been measured. The same for the same values."""
    chance = random.Random(len(values))
    medians = sorted(statistics.median(chance.choices(values, k=len(values))) for _ in range(samples))
    cut = (1 - share) / 2
    return medians[int(cut * samples)], medians[min(samples - 1, int((1 - cut) * samples))]


def summary(values):
    low, high = interval(values)
    return {"median": statistics.median(values), "low": low, "high": high, "pairs": len(values)}


def percentile(histograms, share):
    """Of [upper end, count] lists, pooled."""
    counts = {}
    for histogram in histograms:
        for end, count in histogram:
            counts[end] = counts.get(end, 0) + count
    wanted = share * sum(counts.values())
    seen = 0
    for end in sorted(counts):
        seen += counts[end]
        if seen >= wanted:
            return end
    return None


def enough(clean, everything):
    return len(clean) >= max(3, len(everything) / 3)


def trusted(slices):
    """The clean ones, all where too few are clean."""
    there = [slice_ for slice_ in slices if slice_]
    clean = [slice_ for slice_ in there if slice_["clean"]]
    return (clean, True) if enough(clean, there) else (there, False)


def ratios(ours, peer, key):
    """Of two lines' slices by round: per round in which both are clean, ours / peer. With fewer than a third (and three)
    clean rounds all count, and the second value says so."""
    def paired(wanted):
        return [mine[key] / other[key] for mine, other in zip(ours, peer)
                if mine and other and other[key] and (wanted(mine) and wanted(other))]
    clean = paired(lambda slice_: slice_["clean"])
    everything = paired(lambda slice_: True)
    if enough(clean, everything):
        return clean, True
    return everything, False
