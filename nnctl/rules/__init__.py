"""The rules of advice: what `nnctl advice` prints, and the codes that `ignore_advice` takes.

Text alone, so that a config can be checked without loading what looks for the mistakes.
"""

from nnctl.rules import data, network, output, training
from nnctl.rules.rule import Rule

_ALL = (*network.RULES, *output.RULES, *data.RULES, *training.RULES)
RULES: dict[str, Rule] = {rule.code: rule for rule in _ALL}

__all__ = ["RULES", "Rule"]
