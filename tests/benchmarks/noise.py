"""What the rounds of a benchmark come to: medians, how far rounds lie apart, and ratios."""

import statistics
from collections.abc import Sequence
from typing import NamedTuple

from tests.benchmarks.peers import PEERS
from tests.benchmarks.workloads import WORKLOADS, Workload

SAME_LOSS = 0.02  # beyond which the table says by how much a loss differs
Rounds = dict[str, list[dict[str, float]]]  # what each peer was measured to take, round by round


class Spread(NamedTuple):
    """The median of some rounds, the least and the most of them."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        return cls(statistics.median(values), min(values), max(values))


def seconds_of(found: Rounds, peer: str) -> list[float]:
    return [run["seconds"] for run in found[peer]]


def fastest(found: Rounds, peers: Sequence[str] | None = None) -> str:
    """The one with the least median, by default of all but nnctl; of none it is nnctl itself."""
    peers = [peer for peer in found if peer != "nnctl"] if peers is None else peers
    return min(peers, key=lambda peer: Spread.of(seconds_of(found, peer)).median, default="nnctl")


def ratio(found: Rounds, peer: str, to: str) -> Spread:
    """Of the medians of two peers, and the least and the most of any round by itself."""
    ours, theirs = seconds_of(found, peer), seconds_of(found, to)
    each = [one / other for one, other in zip(ours, theirs, strict=True)]
    middle = statistics.median(ours) / statistics.median(theirs)
    return Spread(middle, min(each), max(each))


def table(workload: Workload, found: Rounds) -> str:
    """A row a peer; the limit is what the matrix products of nnctl take alone."""
    batch = "" if workload.predicts else f", batch {workload.rows_a_step}"
    unit = "µs a pass" if workload.predicts else "µs a step"
    heads = f"{unit:>12}{'least':>11}{'most':>11}{'to fastest':>12}{'rounds':>17}{'limit':>7}"
    lines = [f"\n{workload.name}: {workload.what}{batch}", f"{'':16}{heads}{'loss':>10}"]
    limit = statistics.median(run["limit"] for run in found["nnctl"])
    losses = {p: statistics.median(run["loss"] for run in runs) for p, runs in found.items()}
    best = fastest(found)
    for peer in found:
        seconds, times = Spread.of(seconds_of(found, peer)), ratio(found, peer, best)
        off = losses[peer] / losses["nnctl"] - 1
        note = f"  {off:+.0%}" if abs(off) > SAME_LOSS else ""
        note = "  (another start)" if peer == "sklearn" else note
        micro = "".join(f"{each * 1e6:11,.1f}" for each in seconds)
        apart = f"{times.least:.2f} to {times.most:.2f}"
        share = f"{limit / seconds.median:7.0%}"
        row = f"{peer:16} {micro}{times.median:12.2f}{apart:>17}{share}{losses[peer]:10.4f}"
        lines.append(row + note)
    return "\n".join(lines)


def summary(found: dict[str, Rounds]) -> str:
    """In Markdown a row a workload: each library in its faster way, and nnctl's time to the least.

    A cell has the median in microseconds, and by how much the rounds lie apart in percent of it.
    """
    libraries = list(dict.fromkeys(peer.library for peer in PEERS.values()))
    heads = ["workload", *libraries, "fastest", "nnctl to it", "in one round"]
    rows = [heads, ["---"] * len(heads)]
    for name, rounds in found.items():
        row = [f"{name}: {WORKLOADS[name].what}"]
        for library in libraries:
            ways = [peer for peer in rounds if PEERS[peer].library == library]
            row.append(cell(Spread.of(seconds_of(rounds, fastest(rounds, ways)))) if ways else "")
        best = fastest(rounds)
        times = ratio(rounds, "nnctl", best)
        row += [best, f"{times.median:.2f}", f"{times.least:.2f} to {times.most:.2f}"]
        rows.append(row)
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(["\nMicroseconds (median of the rounds, and their range in %):\n", *lines])


def cell(seconds: Spread) -> str:
    """Microseconds to three digits, and the range of the rounds in percent."""
    micro = float(f"{seconds.median * 1e6:.3g}")
    return f"{micro:,.0f} ({(seconds.most - seconds.least) / seconds.median:.0%})"
