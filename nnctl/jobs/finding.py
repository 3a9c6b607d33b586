"""What a command is given and what it needs: the config, the weights or the run that a name means.

A run folder, or its bare name under `runs/`, stands for its config and for its weights. What cannot
stand for what is needed is named, with the line to type instead.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

from nnctl.errors import NnctlError, Problem
from nnctl.reading.kinds import foreign_kind
from nnctl.reading.typed.opening import format_of
from nnctl.runs.folder import CHECKPOINT, CONFIG, RUNS, WEIGHTS, is_run
from nnctl.system.typed import line_with, typed_line

Kind = Literal["config", "run", "weights", "table", "setting", "foreign", "unknown"]
SETTING = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*=(?!.*\.ya?ml$).*", re.DOTALL)
CONFIGS = (".yaml", ".yml")
TABLES = (".csv", ".tsv", ".npy")
START = 4096  # bytes that tell what a file is


class Given(NamedTuple):
    """What an argument is, where it is, and in words; `fix` is what to do with a foreign file."""

    kind: Kind
    path: Path
    words: str = ""
    fix: str | None = None


def look(path: Path) -> Given:
    """What an argument is. What is not there is looked for among the runs."""
    if not path.exists():
        named = RUNS / path
        if len(path.parts) == 1 and named.is_dir():
            return look(named)
        kind: Kind = "setting" if is_setting(str(path)) else "unknown"
        return Given(kind, path, "KEY=VALUE")
    if path.is_dir():
        return look_at_folder(path)
    suffix = next((each for each in reversed(path.suffixes) if each.lower() != ".gz"), "").lower()
    if suffix in CONFIGS:
        return Given("config", path, "a config")
    if suffix == ".npz":
        is_model = path.name in (WEIGHTS, CHECKPOINT) or has_metadata(path)
        return Given("weights", path, "a weights file") if is_model else Given("table", path, DATA)
    if suffix in TABLES or format_of(path) is not None:
        return Given("table", path, DATA)
    return look_inside(path)


def look_at_folder(path: Path) -> Given:
    """What a folder is: that of a run, a table in parts, or of images."""
    if is_run(path):
        return Given("run", path, "a run folder")
    if format_of(path) is not None:
        return Given("table", path, "a folder of data")
    from nnctl.reading.images.listing import shows_images  # for folders that are no runs

    if shows_images(path):
        return Given("foreign", path, "a folder of images", f"nnctl init {quoted(path)}")
    return Given("unknown", path, "a run folder")


DATA = "a file of data"


def look_inside(path: Path) -> Given:
    """What a file is by its first bytes; pipes are left alone."""
    if path.is_file():
        try:
            with path.open("rb") as file:
                found = foreign_kind(file.read(START))
        except OSError:  # which whoever needs it will tell
            found = None
        if found is not None:
            return Given("foreign", path, *found)
    return Given("unknown", path)


def quoted(path: Path) -> str:
    """A path as a shell takes it."""
    import shlex  # rarely needed

    return shlex.quote(str(path))


def has_metadata(path: Path) -> bool:
    """Whether an `.npz` file says how a model is made of it."""
    from nnctl.runs.weights import METADATA
    from nnctl.system.npz import array_names

    try:
        return METADATA in array_names(path)
    except NnctlError:
        return False


def find_config(path: Path) -> Path:
    """The config that an argument means. Raises `NnctlError` for what has none."""
    given = look(path)
    folder = given.path if given.kind == "run" else given.path.parent
    if given.kind in ("run", "weights") and (folder / CONFIG).is_file():
        return folder / CONFIG
    if given.words == "JSON":  # which is YAML, too
        return given.path
    if given.kind in ("weights", "table", "foreign", "setting"):
        raise NnctlError(wrong_kind(given, path, "a config"))
    return given.path


def find_weights(path: Path, *, last: bool = False) -> Path:
    """The weights file or run folder that an argument means. Raises `NnctlError` for others.

    `last` says that of its words in the line the last is meant.
    """
    given = look(path)
    if given.kind == "config" and is_run(given.path.parent) and given.path.name == CONFIG:
        return given.path.parent
    if given.kind in ("config", "foreign", "setting"):
        raise NnctlError(wrong_kind(given, path, "weights or a run folder", last=last))
    if given.kind == "table" and given.path.suffix.lower() != ".npz":  # arrays may be weights
        raise NnctlError(wrong_kind(given, path, "weights or a run folder", last=last))
    return given.path


def find_start(path: Path | None) -> Path | None:
    """The weights that a training starts from, where some are given."""
    return None if path is None else find_weights(path, last=True)


def member_or_first(member: int | None) -> int:
    """The member of an ensemble that a command for one takes."""
    return 1 if member is None else member


def find_model(path: Path) -> Path:
    """The weights, or else the config, that an argument means. Raises `NnctlError` for others."""
    given = look(path)
    if given.kind == "run" and not (given.path / WEIGHTS).is_file():
        return given.path / CONFIG
    arrays = given.kind == "table" and given.path.suffix.lower() == ".npz"  # which may be weights
    return given.path if given.kind in ("run", "weights") or arrays else find_config(path)


def find_run(path: Path) -> Path:
    """The run folder that an argument means. Raises `NnctlError` for what is in none."""
    given = look(path)
    if given.kind in ("config", "weights") and is_run(given.path.parent):
        return given.path.parent
    if given.kind in ("config", "table", "foreign", "setting"):
        raise NnctlError(wrong_kind(given, path, "a run folder"))
    return given.path


def find_data(path: Path) -> Path:
    """The file of data that an argument means. Raises `NnctlError` for a config, run or weights."""
    if str(path) == "-" and not path.exists():
        message = "standard input is read by predict alone, as its rows are needed only once"
        raise NnctlError(Problem(message, "write the rows to a file, and name that", str(path)))
    if not path.exists() and not is_setting(str(path)):
        return path
    given = look(path)
    if given.kind in ("config", "run", "weights", "setting"):
        raise NnctlError(wrong_kind(given, path, DATA, last=True))
    return path


def find_weights_and_data(weights: Path, data: Path) -> tuple[Path, Path]:
    """What both arguments of a command mean. Raises `NnctlError`, also where they are swapped."""
    if look(data).kind in ("run", "weights"):
        given = look(weights)
        if given.kind in ("table", "foreign"):
            line = typed_line({str(weights): str(data), str(data): str(weights)})
            message = f"this is {given.words}; the run, or its weights, comes first"
            raise NnctlError(Problem(message, line, str(weights)))
    return find_weights(weights), find_data(data)


def wrong_kind(given: Given, path: Path, needed: str, *, last: bool = False) -> Problem:
    """What was given in place of what is needed, and what to type."""
    import shlex  # rarely needed

    fix = given.fix
    if given.kind == "config":
        meant = data_of(path) if needed == DATA else run_of(path)
        fix = f"nnctl train {shlex.quote(str(path))}" if needed != DATA else None
        if meant is not None:
            fix = typed_line({str(path): str(meant)}, last=last)
    elif given.kind == "table":
        fix = typed_line({str(path): str(RUNS / "NAME")}, last=last)
        if needed == "a config":
            fix = f"nnctl init {shlex.quote(str(path))} --target COLUMN"
    return Problem(f"this is {given.words}, not {needed}", fix, str(path))


def run_of(config: Path) -> Path | None:
    """The run of a config, if there is one under its name."""
    from nnctl.config.source import read

    try:
        name = read(config).values.get("name") or config.stem
    except NnctlError:
        name = config.stem
    run = RUNS / str(name)
    return run if is_run(run) else None


def data_of(config: Path) -> Path | None:
    """The file that a config tests on, or else trains on."""
    from nnctl.config.data_files import named_files
    from nnctl.config.source import read

    try:
        data: Any = read(config).values.get("data")
    except NnctlError:
        return None
    files = named_files(data) if isinstance(data, Mapping) else {}
    file = next((files[part] for part in ("test", "train") if part in files), None)
    return None if file is None else config.parent / file


def misplaced_settings(
    words: Sequence[str], valued: Collection[str], arguments: Sequence[str]
) -> Problem | None:
    """The problem of words KEY=VALUE among the arguments of a command that takes no such.

    The `valued` options take the word behind them; `--set`, if it is one, or the option of that
    name is what was meant. `arguments` are the names of those that the command needs.
    """
    pairs = zip(("", *words), words, strict=False)
    given = [word for last, word in pairs if last not in valued and not word.startswith("-")]
    meant: dict[str, list[str]] = {}
    for word in filter(is_setting, given):
        key, _, value = word.partition("=")
        if "--set" in valued:
            meant[word] = ["--set", word]
        elif f"--{key}" in valued:
            meant[word] = [f"--{key}", value]
    if not meant:
        return None
    word, instead = next(iter(meant.items()))
    what = "a key of the config" if instead[0] == "--set" else "the option"
    message = f"{word} is KEY=VALUE; {what} is given by {instead[0]}"
    others = sum(word not in meant for word in given)
    return Problem(message, line_with(meant, arguments[others:]))


def is_setting(word: str) -> bool:
    """Whether a word gives a value to a key, and is no file."""
    return bool(SETTING.fullmatch(word)) and not Path(word).exists()
