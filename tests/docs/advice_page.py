"""The page of advice: what each rule says at length, and what its mistake costs."""

import json

from nnctl.rules import RULES, Rule
from tests.advice.demonstrations import DEMONSTRATIONS
from tests.advice.figures import RECORDED
from tests.docs.markdown import GENERATED, table

INTRODUCTION = """\
# Advice

What trains without an error may still be a mistake. `nnctl validate` finds such things in a config
and its data, `train` repeats what it finds and watches for a few more. Each rule has a code.
`nnctl advice CODE` prints its section of this page, and `ignore_advice: [CODE]` in a config
silences it. `nnctl validate --strict` exits with 1 where a rule speaks up. The last five are the
verdict: what `train` says of a run once it is over, in `results.json` and first in `nnctl report`.

![Errors and advice on a terminal](pictures/validate.svg)

## What the mistakes cost

For each rule that is about a mistake, a small config makes it. It is trained with the mistake and
with the change that the advice gives, and both are judged on 1,000 new rows. The figures are
medians of five seeds. An arrow says which way is better.
"""
NOTES = """\
All figures are on rows that the model has never seen, so they say what the remedy is worth, not how
well it fits. Some need a word:

- `rounded-probabilities`: the model is about the same; what is better is its loss, which is held
  against the one that double precision gives for the same weights.
- `equal-units`: with a kernel of zeros. Where it is another constant, units grow apart by way of
  the weights behind them, and on this example nothing is lost.
- `rare-class`: the model is the same; but a figure that looks at the rare rows promises less than
  accuracy does, and keeps it.
- `weighted-probabilities`: the loss is what the probabilities are worth. The remedy says yes less
  often, and more often again at a lower `--threshold`.
- `undefined-monitor`: rows in order of time; the last of them, which validate, are of one class.
- `shared-rows`: the model is no better; but what it promises is nearer to what it keeps.
- `target-in-features`: in the new rows the copied column is 0, as it is not known yet.
- `text-numbers`: the remedy is a change of the file, from `4.2 km` to `4.2`.
- `sigmoid-for-classes`: with gradient descent. With Adam, which makes up for small gradients, both
  train about equally well on this example.
- `stuck-at-chance`: the remedy is one step of ten; the rate that is best here is higher still.

The configs and their tables are in `tests/advice/demonstrations.py`; `python -m
tests.advice.figures` measures them anew, and a test trains each pair.
"""


def advice_page() -> str:
    """The whole page."""
    sections = [section(rule) for rule in RULES.values()]
    head = ["rule", "the mistake", "figure", "with it", "without"]
    costs = table(head, [row(RULES[code]) for code in DEMONSTRATIONS])
    return "\n".join([GENERATED, INTRODUCTION, costs, NOTES, *sections])


def row(rule: Rule) -> list[str]:
    """A line of the table."""
    figures = json.loads(RECORDED.read_text())[rule.code]
    demonstration = DEMONSTRATIONS[rule.code]
    arrow = "↑" if demonstration.better == "higher" else "↓"
    told = f"{demonstration.measures} {arrow}"
    link = f"[`{rule.code}`](#{rule.code})"
    return [link, rule.title, told, f"{figures['bad']:g}", f"{figures['repaired']:g}"]


def section(rule: Rule) -> str:
    """What `nnctl advice CODE` prints; its YAML is indented as code."""
    lines = [f"  {line}" if line.startswith("  ") else line for line in rule.page.splitlines()]
    title, why = (text[0].upper() + text[1:] for text in (rule.title, rule.why))
    return "\n".join([f"## {rule.code}\n", f"**{title}.** {why}.\n", *lines, ""])
