"""Rules about the figures that a run is judged by."""

from nnctl.rules.rule import Rule

UNDEFINED_MONITOR = Rule(
    "undefined-monitor",
    "a monitored figure that these rows do not define",
    "an epoch that cannot be judged is neither better nor worse, so nothing is ever decided by it",
    """\
early_stopping and reduce_lr_on_plateau watch one figure. Some figures need rows of some
variety: auc asks whether rows of a class score higher than others, so it needs both; r2
compares with the spread of the targets, so they have to differ. On rows without that
they are not defined, and such epochs do not count: early stopping never stops, and the
learning rate stays.

Watch the loss, which is always defined, or give validation more rows:

  early_stopping: {monitor: val_loss, patience: 10}
""",
)

WEIGHTED_PROBABILITIES = Rule(
    "weighted-probabilities",
    "class weights, which bend the predicted probabilities",
    "a row of a rare class counts for many, so that class is given too high a probability",
    """\
class_weight makes rows of a rare class count more in the training loss, as if there were
more of them. The model learns probabilities for such a world: where one row in ten is
positive and the weights are balanced, a row that is as likely as any other is given 0.5
and not 0.1. What is printed as a probability is none any more.

Most often the wish behind it is to act on the rare class more often. That is a matter of
where to cut, not of what to learn: leave the weights out, so that probabilities stay
true, and say yes from a lower one on.

  nnctl evaluate RUN test.csv --threshold 0.2
  nnctl predict RUN new.csv --threshold 0.2

Or let rows that have not trained choose the cut, and take back what weights have bent:

  data:
    calibration: 0.1
  threshold: {recall: 0.9}
  calibrate: true

Where probabilities do not matter but only which class is the likeliest, weights do no
harm: put the code into ignore_advice.
""",
)

JUDGING_RULES = (UNDEFINED_MONITOR, WEIGHTED_PROBABILITIES)
