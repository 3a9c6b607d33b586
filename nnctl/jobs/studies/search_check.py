"""Whether a model can be built of every value that a config's `tune` section names."""

from nnctl.assembly.build import Builder, Built
from nnctl.config.schema import check
from nnctl.config.searching import SEARCH, candidates, outer_values, search_of, with_values
from nnctl.errors import NnctlError, Problem


def check_search(built: Built) -> None:
    """Builds each value of a list and both ends of a range for the data, and trains none.

    Raises `NnctlError` with what goes wrong, each at the place of its value.
    """
    source = built.config.source
    builder = Builder(built)
    search = search_of(source)
    problems: dict[tuple[str, str], Problem] = {}
    for path, entry in search.items():
        for place, value in candidates(entry):
            for outer in outer_values(search, path):
                try:
                    builder.build(check(with_values(source, {**outer, path: value}, SEARCH)))
                except NnctlError as error:
                    where = f"{SEARCH}.{path}{place}"
                    for each in error.problems:
                        problem = source.problem(where, each.message, each.fix)
                        problems.setdefault((where, each.message), problem)
    if problems:
        raise NnctlError(problems.values())
