"""Which column of a table is what: a feature, a target, the weight; and what is said of each."""

from collections.abc import Iterator

from nnctl.data.preprocessing import Columns
from nnctl.data.raw import Raw
from nnctl.data.rules import Rule, Treatment
from nnctl.errors import NnctlError, Problem, Setting
from nnctl.reading.arrays import ArrayReader
from nnctl.reading.files import DataFile
from nnctl.reading.reader import TableReader

# The keys of a rule that are for one kind of column, with what it must be.
FOR = {
    "numbers": ("scale", "bins", "indicator"),
    "dates": ("scale", "indicator"),
    "text": ("min_count",),
}


def array_columns(source: ArrayReader, treatment: Treatment) -> Columns:
    """The columns of arrays, which count by position. Raises `NnctlError` for rules of columns."""
    weight, group = treatment.sample_weight, treatment.group
    source.require_columns(weight, group)
    if problems := list(both_problems(source.target_names, (), weight, group)):
        raise NnctlError(each.located(file=source.file) for each in problems)
    if treatment.columns:
        message = "the data are arrays, whose columns have no names"
        setting = Setting("data.columns", fix="remove it, or train from a table")
        raise NnctlError(Problem(message, None, source.file, setting=setting))
    if treatment.bins is not None and len(source.shape) > 1:
        message = f"an example has shape {source.shape}, in which the pieces have no place"
        setting = Setting("data.bins", fix="remove it; pieces are for columns of numbers")
        raise NnctlError(Problem(message, None, source.file, setting=setting))
    return Columns(source.feature_names, source.target_names, source.weight_name)


def text_columns(source: TableReader, file: DataFile, treatment: Treatment) -> Columns:
    """The feature, target and weight columns of a text table, as the config has it.

    Those that it says something of have to be there, and to be features. Where features are all
    others, and it takes all rows to tell which these are, they are those of the first rows.
    """
    targets, features, line = file.targets, file.features, source.header.line
    weight, group = treatment.sample_weight, treatment.group
    if not targets:
        message = "data.target is missing: which column of this file is to be learnt?"
        fix = f"add target: {source.names[-1]} under data, or another of its columns"
        setting = Setting("data.target")
        raise NnctlError(Problem(message, fix, source.file, line, setting=setting))
    weights = [] if weight is None else [weight]
    keys = {"data.target": targets, "data.features": features or (), "data.sample_weight": weights}
    keys |= {"data.group": [] if group is None else [group]}
    keys |= {"data.text": treatment.text, "data.columns": tuple(treatment.columns)}
    source.require_keys(keys)
    problems = list(role_problems(targets, features, treatment))
    if features is None:
        taken = {*targets, weight, group, *treatment.of_type("ignore")}
        features = tuple(name for name in source.all_columns(likely=True) if name not in taken)
        source.require(features)
    problems += both_problems(targets, features, weight, group)
    if not features and not problems:
        message = "no column is left to be a feature"
        fix = "name a table with more columns"
        if len(targets) > 1:
            fix = f"name fewer targets, or {fix[5:]}"
        problems = [Problem(message, fix, setting=Setting("data.target"))]
    if problems:
        raise NnctlError(each.located(file=source.file, line=line) for each in problems)
    return Columns(features, targets, weight)


def both_problems(
    targets: tuple[str, ...], features: tuple[str, ...], weight: str | None, group: str | None
) -> Iterator[Problem]:
    """Columns that are two things at once."""
    roles = {"a target": targets, "the weight": (weight,), "the group": (group,)}
    for role, names in roles.items():
        for name in (name for name in features if name in names):
            message = f'column "{name}" is both a feature and {role}'
            setting = Setting("data.features", name)
            yield Problem(message, "take it out of the features", setting=setting)
    if weight in targets:
        message = f'column "{weight}" is both a target and the weight'
        fix, setting = "name another column of weights, or none", Setting("data.sample_weight")
        yield Problem(message, fix, setting=setting)
    if group is not None and group in (*targets, weight):
        message = f'column "{group}" is both {"a target" if group in targets else "the weight"}'
        fix, setting = "name another column of groups, or none", Setting("data.group")
        yield Problem(f"{message} and the group", fix, setting=setting)


def role_problems(
    targets: tuple[str, ...], features: tuple[str, ...] | None, treatment: Treatment
) -> Iterator[Problem]:
    """Rules of columns that are no features, or that the features name though they are ignored."""
    roles = {name: "a target" for name in targets}
    if treatment.sample_weight is not None:
        roles[treatment.sample_weight] = "the weight"
    if treatment.group is not None:
        roles[treatment.group] = "the group"
    for name, rule in treatment.columns.items():
        role = roles.get(name)
        if role is None and features is not None:
            if rule.type == "ignore" and name in features:
                message = f'column "{name}" is among data.features, and is to be ignored'
                fix = "take it out of the features, or remove it here"
                yield Problem(message, fix, setting=Setting("data.columns", name))
            role = None if rule.type == "ignore" or name in features else "not among data.features"
        if role is not None:
            message = f'column "{name}" is {role}; data.columns is about features'
            yield Problem(message, "remove it here", setting=Setting("data.columns", name))


def check_kinds(raw: Raw, treatment: Treatment) -> None:
    """Raises `NnctlError` for rules that are not for what their column holds."""
    problems = []
    for name, rule in treatment.columns.items():
        if rule.type == "ignore":
            continue
        held = "text" if name in raw.features.labels else "numbers"
        held = "dates" if name in raw.dates else held
        for key in keys_besides(rule, FOR[held]):
            message = f'column "{name}" holds {held}, and {key} is not for those'
            setting = Setting(f"data.columns.*.{key}", name)
            problems.append(Problem(message, "remove it", raw.targets.file, setting=setting))
    if problems:
        raise NnctlError(problems)


def keys_besides(rule: Rule, keys: tuple[str, ...]) -> list[str]:
    """The keys that a rule gives and that are for some kinds of columns, but not among `keys`."""
    bound = {key for own in FOR.values() for key in own} - {*keys}
    plain = Rule()._asdict()
    return [key for key, value in rule._asdict().items() if key in bound and value != plain[key]]
