"""The config of a run: its keys, their defaults and their ranges."""

from collections.abc import Mapping, Sequence
from functools import partial
from os import PathLike, fsdecode, fsencode, path
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PrivateAttr,
    Strict,
    ValidationError,
    model_validator,
)

from nnctl.config.constraints import Filled, Limits, Phrase
from nnctl.config.data_files import imaging, with_images
from nnctl.config.dependent import FRACTION, fill, findings
from nnctl.config.ignoring import AdviceCode
from nnctl.config.labels import OrLabelWeights
from nnctl.config.overrides import override
from nnctl.config.placing import place_problem
from nnctl.config.problems import detail, errors, problems_of
from nnctl.config.scaling import SCALING, TARGET_SCALING
from nnctl.config.source import Source, read
from nnctl.config.types import (
    Deferred,
    DeferredMapping,
    Entry,
    Named,
    OrDeferred,
    OrSection,
    Section,
    arguments_model,
)
from nnctl.config.wording import excerpt
from nnctl.encoding.words import Missing
from nnctl.errors import NnctlError, Problem
from nnctl.network.annotations import OneOf
from nnctl.network.layers import LAYERS
from nnctl.network.losses import LOSSES
from nnctl.network.metrics import METRICS
from nnctl.network.optimizers import OPTIMIZERS
from nnctl.system.unicode import normal_form

if TYPE_CHECKING:
    from nnctl.config.columns import ColumnConfig


def column_name(value: Any) -> Any:
    """A column's name, which may look like a whole number; other values are left as they are."""
    text = cell_text(value)
    return normal_form(text) if isinstance(text, str) else text


def cell_text(value: Any) -> Any:
    """The text of a cell, which may look like a whole number; other values are left as they are."""
    return str(value) if type(value) is int else value


def known_encoding(name: str) -> str:
    """The name, if text can be in that encoding."""
    try:
        if "0,\n".encode(name).decode(name) == "0,\n":
            return name
    except (LookupError, ValueError):
        pass
    raise errors(detail(f"there is no encoding {name!r}", "such as utf-8, latin-1, cp1252, utf-16"))


def possible_name(file: str) -> str:
    """The name of a file, if there can be one of that name."""
    if "\0" in file or not has_bytes(file):
        raise errors(detail(f"{excerpt(file)} cannot be the name of a file", "name a file"))
    return file


def has_bytes(file: str) -> bool:
    """Whether a name can be written down: half of a letter, as JSON may hold one, cannot."""
    try:
        file_name(file)
    except UnicodeEncodeError:
        return False
    return True


Text = Annotated[str, Phrase("text", "text")]
Split = Literal["random", "last"]
Delimiter = Annotated[
    str,
    Phrase(
        'one character such as ";", no letter or digit, or whitespace',
        "delimiters",
        pattern=r"^([\t !#\x24%&()*,/:;<=>?@\[\\\]^_`{|}~]|whitespace)$",
    ),
]
Cell = Annotated[str, Phrase("the text of a cell", "texts of cells"), BeforeValidator(cell_text)]
Cells = tuple[Cell, ...]
Sign = Annotated[
    str, Phrase('a sign such as "$" or "%"', "signs", pattern=r"^[^0-9+\-.,eE\s\x22]+$")
]
Encoding = Annotated[
    str, Phrase("the name of an encoding", "encodings"), AfterValidator(known_encoding)
]
File = Annotated[str, Phrase("a file", "files"), AfterValidator(possible_name)]
Column = Annotated[str, Phrase("the name of a column", "columns"), BeforeValidator(column_name)]
Whole = Annotated[int, Limits(1)]
Bins = Annotated[int, Limits(1, 1000)]  # pieces of a number, which are inputs
Fraction = Annotated[float, FRACTION]
Size = Annotated[
    str, Phrase("a size such as 512MB", "sizes", pattern=r"^[0-9]+(\.[0-9]+)? ?(kB|MB|GB)$")
]
Columns = Annotated[tuple[Column, ...], Filled()]


class FileConfig(Section):
    """A data file and the names of what is in it, or two files of an array each, IDX or `.npy`."""

    noun: ClassVar[str] = "a data file"
    file: File | None = None
    table: Text | None = None
    query: Text | None = None
    sheet: Text | None = None
    features: Column | Columns | None = None
    target: Column | Columns | None = None
    images: Column | None = None

    @model_validator(mode="after")
    def _names_files(self) -> Self:
        given = [key for key in ("table", "query", "sheet") if getattr(self, key) is not None]
        if len(given) > 1:
            raise errors(detail(f"{' and '.join(given)} exclude each other", "keep one"))
        if self.file is None and not (
            isinstance(self.features, str) and isinstance(self.target, str)
        ):
            message = "there is no file; a data file is {file, features, target}, or of arrays "
            raise errors(detail(f"{message}{{features: FILE, target: FILE}}", 'add "file: FILE"'))
        return self


DataPath = Annotated[
    str,
    Phrase("a file, or {file, features, target}", "files"),
    AfterValidator(possible_name),
    OrSection(FileConfig),
]


class MarksConfig(Section):
    """The marks that mean a missing value, in place of the usual ones."""

    noun: ClassVar[str] = "the marks of missing values"
    only: tuple[Cell, ...]


def columns_annotation() -> Any:
    """What `data.columns` is: names of columns, and what is said of each."""
    from nnctl.config.columns import AnyColumn

    return dict[Column, AnyColumn]


class DataConfig(Section):
    """Where the examples are, and what becomes of them before the model sees them.

    The files are named as the user wrote them; `Config.resolve` gives their places. `target` is
    None only in a config that is still being checked.
    """

    noun: ClassVar[str] = "data"
    train: DataPath
    validation: Annotated[Fraction | File | None, OrSection(FileConfig)] = None
    split: Split = "random"
    calibration: Annotated[Fraction | File | None, OrSection(FileConfig)] = None
    test: Annotated[File | None, OrSection(FileConfig)] = None
    target: Column | Columns | None = None
    features: Column | Columns | None = None
    text: Columns | None = None
    scale: Annotated[Entry, Named(SCALING)] = Field("none", validate_default=True)
    target_scale: Annotated[Entry, Named(TARGET_SCALING)] = Field("none", validate_default=True)
    bins: Bins | None = None
    missing: Missing = "error"
    missing_values: Annotated[Cells | None, OrSection(MarksConfig)] = None
    columns: Annotated[Any, DeferredMapping(columns_annotation)] = None
    sample_weight: Column | None = None
    group: Column | None = None
    delimiter: Delimiter | None = None
    header: Annotated[bool, Strict()] = True
    decimal: Literal[".", ","] = "."
    thousands: Literal[",", ".", " ", "'", "_", "\u2019", "\u00a0", "\u202f"] | None = None
    signs: tuple[Sign, ...] | None = None
    encoding: Encoding | None = None
    image: Annotated[Any, Deferred(imaging)] = None
    memory: Whole | Size = "256MB"

    @model_validator(mode="after")
    def _tells_signs_apart(self) -> Self:
        if self.decimal == self.thousands:
            message = f'decimal and thousands are both "{self.decimal}"'
            raise errors(detail(message, "change one of them", ("thousands",)))
        return self

    @model_validator(mode="after")
    def _says_one_thing_of_a_column(self) -> Self:
        if self.columns:
            from nnctl.config.columns import contradictions

            found = contradictions(self.column_rules(), self.missing, self.text or ())
            if found:
                raise errors(*found)
        return self

    def column_rules(self) -> "dict[str, ColumnConfig]":
        """What is said of each column; a bare type stands for a column of that type."""
        if not self.columns:
            return {}
        from nnctl.config.columns import ColumnConfig

        given: dict[str, Any] = self.columns
        return {
            name: column if isinstance(column, ColumnConfig) else ColumnConfig(type=column)
            for name, column in given.items()
        }


def monitoring(section: str) -> type[Section]:
    """The model of a section that watches a figure."""
    from nnctl.training.monitors import SECTIONS

    made: Any = SECTIONS[section]
    return arguments_model(made, section)


Members = Annotated[int, Limits(1, 1000)]


class EnsembleConfig(Section):
    """Models that are trained alike, but for their random numbers, and predict together.

    Under `split` "own" each draws validation rows of its own, under "shared" all have the same;
    None stands for the first where rows are drawn at all.
    """

    noun: ClassVar[str] = "an ensemble"
    members: Members
    split: Literal["own", "shared"] | None = None


def tuning() -> type[Section]:
    """The model of the section `tune`."""
    from nnctl.config.tuning import TuneConfig

    return TuneConfig


def cutting() -> type[Section]:
    """The model of the section `threshold`."""
    from nnctl.config.threshold import ThresholdConfig

    return ThresholdConfig


class Config(Section):
    """A run's config, checked, with every default filled in."""

    noun: ClassVar[str] = "a config"
    name: Text
    seed: Annotated[int, Limits(0, 1 << 64)] = 0  # what clocks and other generators give
    dtype: Literal["float32", "float64"] = "float32"
    data: DataConfig
    input_shape: Annotated[tuple[Whole, ...], Filled()] | None = None
    layers: Annotated[tuple[Annotated[Entry, Named(OneOf("layer", LAYERS))], ...], Filled()]
    loss: Annotated[Entry, Named(OneOf("loss", LOSSES))]
    optimizer: Annotated[Entry, Named(OneOf("optimizer", OPTIMIZERS))]
    metrics: tuple[Annotated[Entry, Named(OneOf("metric", METRICS))], ...]
    epochs: Whole
    batch_size: Whole | Literal["full"] = 32
    shuffle: Annotated[bool, Strict()] = True
    early_stopping: Annotated[Any, Deferred(partial(monitoring, "early_stopping"))] = None
    reduce_lr_on_plateau: Annotated[Any, Deferred(partial(monitoring, "reduce_lr_on_plateau"))] = (
        None
    )
    class_weight: Annotated[Literal["balanced"] | dict[str, float] | None, OrLabelWeights()] = None
    ensemble: Annotated[Members, OrSection(EnsembleConfig)] = 1
    calibrate: Annotated[bool, Strict()] = False
    threshold: Annotated[Fraction | None, OrDeferred(cutting)] = None
    intervals: Fraction | None = None
    ignore_advice: tuple[AdviceCode, ...] = ()
    tune: Annotated[Any, Deferred(tuning)] = None
    _source: Source = PrivateAttr()

    def __eq__(self, other: object) -> bool:
        """Configs are equal where they say the same, whichever files they came from."""
        return isinstance(other, Config) and dict(self) == dict(other)

    @property
    def source(self) -> Source:
        """Where each value was written."""
        return self._source

    @property
    def members(self) -> int:
        """How many models the run trains."""
        ensemble: Any = self.ensemble
        return ensemble.members if isinstance(ensemble, EnsembleConfig) else int(ensemble)

    @property
    def asks_of_answers(self) -> bool:
        """Whether anything follows the model's output that is fitted when it has trained."""
        return bool(self.calibrate or self.threshold or self.intervals)

    @property
    def draws_apart(self) -> bool:
        """Whether each of several members draws validation rows of its own."""
        shared = isinstance(self.ensemble, EnsembleConfig) and self.ensemble.split == "shared"
        drawn = isinstance(self.data.validation, float) and self.data.split == "random"
        return self.members > 1 and drawn and not shared

    def problem(self, path: str, message: str, fix: str | None = None) -> Problem:
        """A problem with the value at a dotted path, in the place that it was written in."""
        return self._source.problem(path, message, fix)

    def placed(self, error: NnctlError) -> NnctlError:
        """The same problems, with the file and line of their paths in the config."""
        return NnctlError(self.problem(p.path, p.message, p.fix) for p in error.problems)

    def placed_data(self, error: NnctlError) -> NnctlError:
        """The same problems of the data, where the config has to change in its places."""
        return error.with_problems(place_problem(self._source, each) for each in error.problems)

    def resolve(self, file: str) -> Path:
        """The place of a file that the config names: relative ones start at its own folder."""
        return self._source.folder / file_name(file)


def load(
    path: str | PathLike[str],
    *,
    overrides: Sequence[str] = (),
    named: Mapping[str, Any] | None = None,
) -> Config:
    """The config in a YAML file, with `--set` values and then those of named options on top.

    `overrides` are texts KEY=VALUE; `named` gives values of top-level keys whose options have
    the key's own name ("epochs", "seed"). Raises `NnctlError` with everything that is wrong,
    sorted by line.
    """
    source = read(path)
    override(source, overrides, named or {})
    return check(source)


def check(source: Source) -> Config:
    """The source's values as a config; raises `NnctlError` with all problems, sorted by line."""
    config, problems = judge(source)
    if "tune" in source.values:
        from nnctl.config.searching import search_problems  # with the models of what is searched

        problems += search_problems(source, lambda changed: judge(changed)[1])
    if config is None or problems:
        raise NnctlError(sorted(problems, key=_by_line))
    config._source = source
    return config


def judge(source: Source) -> tuple[Config | None, list[Problem]]:
    """The config, where its keys and values allow one, and all that is wrong between them.

    The values that its `tune` section names are not looked at.
    """
    values = fill(with_images(source.values, source.folder), source.file)
    problems = list(source.problems)
    config = None
    try:
        config = Config.model_validate(values)
    except ValidationError as error:
        problems += problems_of(error, source)
    problems += [source.problem(*finding) for finding in findings(values)]
    return config, problems


def _by_line(problem: Problem) -> tuple[bool, int]:
    return problem.line is None, problem.line or 0


def file_name(text: str) -> str:
    """A file's name in this process: where its locale lacks a letter, the bytes of UTF-8."""
    try:
        fsencode(text)
    except UnicodeEncodeError:
        return fsdecode(text.encode("utf-8", "surrogateescape"))
    return text


def absolute(file: Path) -> str:
    """The file's absolute path; a link at its end keeps its own name."""
    return path.join(path.realpath(file.parent), file.name)
