"""What `nnctl tune` searches: a config with a `tune` section, found sound."""

from dataclasses import dataclass
from math import ceil

from nnctl.assembly.build import Built, build
from nnctl.config import Config, dump_yaml, resolved
from nnctl.config.tuning import SearchRange, TuneConfig
from nnctl.errors import NnctlError
from nnctl.jobs.studies.search_check import check_search
from nnctl.jobs.studies.trials import REPORTS, Trials, trial_config
from nnctl.tuning.trial import TrialRow


@dataclass(frozen=True)
class Search:
    """A config whose keys are to be searched, its section about that, its model and data."""

    config: Config
    section: TuneConfig
    built: Built

    @classmethod
    def of(cls, config: Config) -> "Search":
        """Raises `NnctlError` for a config without the section, or values that do not fit."""
        if config.tune is None:
            message = "tune is missing; it names the keys to search"
            fix = "add tune: {search: {optimizer.learning_rate: [0.001, 0.01]}}"
            raise NnctlError(config.problem("tune", message, fix))
        built = build(config)
        check_search(built)
        return cls(config, config.tune, built)

    @property
    def epochs(self) -> int:
        """The most epochs that a trial may train."""
        entry = self.section.search.get("epochs", (self.config.epochs,))
        return int(entry.high if isinstance(entry, SearchRange) else max(entry))

    @property
    def trials(self) -> Trials:
        every = ceil(self.epochs / REPORTS)
        return Trials(self.config.source, self.section.monitor, every)

    def text_of(self, row: TrialRow) -> str:
        """The config of a trial, as `config.yaml` would have it."""
        config = trial_config(self.config.source, row.values)
        return dump_yaml(resolved(config, absolute_paths=True))
