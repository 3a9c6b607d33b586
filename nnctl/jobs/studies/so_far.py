"""What there is of a study that has not ended, for its report."""

from pathlib import Path
from typing import Any

from nnctl.config import Config, load
from nnctl.jobs.studies.trials import trial_config
from nnctl.runs.folder import RESULTS
from nnctl.runs.results import read_results
from nnctl.runs.study_folder import STUDY_CONFIG, StudyFolder
from nnctl.tuning.result import TuneResult, View
from nnctl.tuning.table import read_table
from nnctl.tuning.trial import TrialRow, best_of, direction_of


def study_so_far(folder: Path) -> tuple[dict[str, Any], Config | None] | None:
    """What `results.json` would hold, with the trials that were `planned`, and the best config.

    None for a study that has ended, and did not begin to go further since. Importance is left out,
    as are versions: nothing here needs the storage, which may be out of reach. Raises `NnctlError`
    for a folder whose files are not what `nnctl tune` writes.
    """
    results = read_results(folder / RESULTS)
    known = None if results is None else results.get("trials")
    if results is not None and not isinstance(known, int):
        return None  # it is damaged, as the report will say
    config = load(folder / STUDY_CONFIG)
    if config.tune is None:
        return None
    rows = read_table(StudyFolder(folder), tuple(config.tune.search))
    if known is not None and len(rows) <= known:
        return None
    best = best_of(rows, direction_of(config))
    return results_so_far(config, folder, rows, best), (
        trial_config(config.source, best.values) if best is not None else None
    )


def results_so_far(
    config: Config, folder: Path, rows: list[TrialRow], best: TrialRow | None
) -> dict[str, Any]:
    """The trials so far, as plain data."""
    assert config.tune is not None
    tune = config.tune
    view = View(
        config.name,
        str(folder),
        tune.monitor,
        direction_of(config),
        tune.trials,
        tuple(tune.search),
        tuple(rows),
    )
    result = TuneResult(view, folder, best, {}, "", config.seed)
    return result.as_json() | {"versions": {}, "planned": tune.trials}
