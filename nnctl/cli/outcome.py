"""What a run prints when it is over, whichever command it was."""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnctl.cli.printing import (
    label_text,
    number,
    print_columns,
    print_command,
    print_json,
    print_problems,
    print_told,
    print_warning,
    wrap,
)
from nnctl.errors import ExitStatus
from nnctl.errors.visible import shell_line, visible

if TYPE_CHECKING:
    from nnctl.advice.verdict import Verdict
    from nnctl.jobs.job import TrainResult

PARTS = ("train", "validation", "test")


def print_outcome(result: "TrainResult", quiet: bool, json: bool) -> None:
    """Warnings and advice to stderr, the results to stdout; with `quiet` the warnings alone."""
    print_shortfall(result)
    if not quiet and result.advice:
        from nnctl.cli.advising import print_advice

        print_advice(result.advice, sys.stderr)
    if json:
        print_json(result.results)
    elif not quiet:
        print_results(result)


def print_results(result: "TrainResult") -> None:
    """The figures of each part of the data, the verdict, the run's folder, what to run next."""
    results = result.results
    print_figures(results)
    if result.verdict is not None and "weights" in results:
        print_verdict(result.verdict)
    epochs, together = count_of(results["epochs"]), ""
    if "members" in results:
        epochs, together = epochs_of_members(results["members"]), " of all together"
    elif results.get("weights_epoch", results["epochs"]) != results["epochs"]:
        epochs += f", the weights of epoch {results['weights_epoch']}"
    seconds = f"{results['seconds']:.1f} s"
    folder = visible(str(result.folder))
    print_told("run", f"{folder}  ({epochs}, {seconds}{together})", folder)
    if result.status is ExitStatus.DONE:
        for place, words in enumerate(next_steps(result)):
            print_command("" if place else "next", words)


def next_steps(result: "TrainResult") -> list[list[str]]:
    """The commands to run next, on rows that did not train; NEW stands for them if none are known.

    Of those that trained it, a model tells what it has learnt by heart.
    """
    run, file = str(result.folder), result.input
    rows = short_path(file.path)
    if result.has_trained:
        rows = "NEW" + next((end for end in file.path.suffixes[::-1] if end != ".gz"), "")
    named = ["--features", *file.features] if file.is_npz and file.features else []
    named += ["--table", table] if (table := file.query or file.table) else []
    return [
        ["nnctl", "evaluate", run, rows, *named],
        ["nnctl", "report", run],
        ["nnctl", "predict", run, rows, *named],
    ]


def print_figures(results: Mapping[str, Any]) -> None:
    """A column for each part of the data, and one for the baseline of the last of them."""
    parts = [part for part in PARTS if part in results]
    if not parts:
        return
    columns = [(part, results[part]) for part in parts]
    if baseline := results.get("baselines", {}).get(parts[-1]):
        columns.append((f"baseline of {parts[-1]}", baseline))
    title = f"epoch {results.get('weights_epoch')}"
    if members := results.get("members"):
        title = f"{members['count']} members"
        own = {key: members[key].get(parts[-1], {}) for key in ("mean", "worst", "best")}
        columns += [(f"{key} member", figures) for key, figures in own.items()]
    head = [title, *(name for name, _ in columns)]
    figures = results[parts[0]]
    print_columns(
        head, [[name, *(number(column.get(name)) for _, column in columns)] for name in figures]
    )
    note = members_note(parts) if members else training_note(results)
    print(wrap(note, sys.stdout))
    if readout := results.get("readout"):
        print(wrap(readout_note(readout), sys.stdout))
    print()


def readout_note(readout: Mapping[str, Any]) -> str:
    """What follows the model's output, by which the figures are judged, as all later ones."""
    told = []
    if temperature := readout.get("temperature"):
        told.append(correction_note(**temperature))
    if cuts := readout.get("cuts"):
        told.append(f"yes is said from above {', '.join(map(number, cuts))}")
    if intervals := readout.get("intervals"):
        kind = "sets" if intervals["kind"] == "set" else "ranges"
        told.append(f"{kind} of {intervals['level']:g} are fitted to {intervals['rows']:,} rows")
    return f"answers: {'; '.join(told)}"


def training_note(results: Mapping[str, Any]) -> str:
    """What the figures of the training rows are."""
    if "readout" in results:
        return "train: on the rows that trained, with the weights that are kept"
    layers = [layer["type"] for layer in results["config"]["layers"]]
    chance = ["dropout"] * ("dropout" in layers)
    chance += ["augmentation"] * any(layer.startswith("random_") for layer in layers)
    also = f", with {' and '.join(chance)}" if chance else ""
    return f"train: means over the batches of the epoch, while the weights changed{also}"


def correction_note(
    prior: Sequence[float], temperatures: Sequence[float], shifts: Sequence[float]
) -> str:
    """What becomes of probabilities; a temperature of 1 without shifts leaves them."""
    if all(each == 1.0 for each in temperatures) and not any((*prior, *shifts)):
        return "probabilities stay as they are"
    degrees = ", ".join(f"{each:.3g}" for each in temperatures)
    return f"probabilities are corrected (temperature {degrees})"


def members_note(parts: Sequence[str]) -> str:
    """What the figures of an ensemble are, and beside them those of its members."""
    whole = f"the figures are of the members' mean prediction; beside them, on the {parts[-1]} rows"
    return f"{whole}, those of single members"


def print_verdict(verdict: "Verdict") -> None:
    """What the run has come to, what to change, and where that is explained."""
    codes = [f"  [{each.code}]" for each in verdict.advice] or [""]
    for place, (code, found) in enumerate(zip(codes, verdict.found, strict=True)):
        print_told("" if place else "verdict", f"{visible(found)}{code}")
    for place, line in enumerate(filter(None, verdict.change.split("\n"))):
        print(f"{label_text('' if place else 'change')}{visible(line)}")  # YAML to be copied
    if verdict.advice:
        print_command("why", ["nnctl", "advice", verdict.advice[0].code])


def epochs_of_members(members: Mapping[str, Any]) -> str:
    """How long the members were trained, in a few words."""
    least, most = min(members["epochs"]), max(members["epochs"])
    span = count_of(most) if least == most else f"{least} to {count_of(most)}"
    return f"{members['count']} members of {span} each"


def count_of(epochs: int) -> str:
    return f"{epochs} epoch" + ("" if epochs == 1 else "s")


def print_shortfall(result: "TrainResult") -> None:
    """What looks wrong with a run, and why it has no weights, if so, and what is kept of it."""
    for warning in result.warnings:
        print_warning(warning)
    if result.status is ExitStatus.DONE:
        return
    kept = result.folder / ("members" if "members" in result.results else "checkpoint.npz")
    if result.problems:
        print_problems(result.problems, sys.stderr)
        if "weights" not in result.results:
            print(f"the last good state is kept in {visible(str(kept))}", file=sys.stderr)
        return
    done = count_of(result.results["epochs"]).replace(" ", " whole ")
    print(f"interrupted after {done}; the state is kept in {visible(str(kept))}", file=sys.stderr)
    print(f"go on    {shell_line(['nnctl', 'resume', str(result.folder)])}", file=sys.stderr)


def short_path(path: Path) -> str:
    """The path as it would be typed in the current folder: relative, unless that is longer."""
    try:
        return min(os.path.relpath(path), os.path.abspath(path), key=len)
    except OSError:  # there is no current folder any more
        return str(path)
