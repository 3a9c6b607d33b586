"""The rules of advice: what `nnctl advice` prints, and the codes that `ignore_advice` takes.

Text alone, so that a config can be checked without loading what looks for the mistakes.
"""

from nnctl.rules.data import DATA_RULES
from nnctl.rules.judging import JUDGING_RULES
from nnctl.rules.network import NETWORK_RULES
from nnctl.rules.output import OUTPUT_RULES
from nnctl.rules.rule import Rule
from nnctl.rules.training import TRAINING_RULES
from nnctl.rules.verdict import VERDICT_RULES

_ALL = (
    *NETWORK_RULES,
    *OUTPUT_RULES,
    *DATA_RULES,
    *JUDGING_RULES,
    *TRAINING_RULES,
    *VERDICT_RULES,
)
RULES: dict[str, Rule] = {rule.code: rule for rule in _ALL}

__all__ = ["RULES", "Rule"]
