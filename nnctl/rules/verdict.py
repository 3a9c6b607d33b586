"""Rules of the verdict: what a training has come to, said once it is over."""

from nnctl.rules.rule import Rule

DIVERGED = Rule(
    "diverged",
    "a loss that ends far above where it began",
    "each step led further away than the one before, so the weights are worth nothing",
    """\
Gradient descent steps down the slope. With a learning rate that is too large, each step
leads over the valley and up the other side, higher than it came from, and the loss
grows without end: to 1e33, or until it is no number any more.

Lower the learning rate, and scale the inputs, on which the size of the slope depends:

  optimizer: {type: sgd, learning_rate: 0.01}
  data:
    scale: standardize

A run has diverged where the training loss of the weights that it keeps is not finite,
or above ten times that of its very first batch, and no better than guessing. train then
exits with 1.
""",
)

OVERFITTING = Rule(
    "overfitting",
    "rows learnt by heart",
    "the model has learnt by heart what it was shown, chance included, and does worse on what it "
    "was not",
    """\
A network with many weights can learn its training rows by heart: it is then sure of
each of them, and as sure, and wrong, about new ones. The training loss goes on falling
while that of other rows stands still or rises.

Keep some rows apart, and the weights of the epoch that was best on them:

  data:
    validation: 0.2
  early_stopping: {monitor: val_loss, patience: 10}

Where that is done already, a penalty on large weights (kernel_regularizer) or dropout
makes learning by heart harder. More rows help most.

It is said where the loss on the test rows, or else the validation rows, is more than
three times that on rows that trained, and the difference above a tenth of the loss of
guessing; where the difference is above 0.3 of that; or where val_loss ends above its
best by a tenth, and by a fiftieth of the loss of guessing, while the training loss went
on falling. All are measured with the weights that are kept. Rows of another kind than
those that trained look the same.
""",
)

STILL_LEARNING = Rule(
    "still-learning",
    "a run that ends while the loss falls",
    "more epochs would make it better",
    """\
The last epochs still brought the loss down, so the run has ended for lack of epochs and
not for lack of anything to learn. nnctl resume goes on from where it stopped:

  nnctl resume runs/NAME --epochs 200

It is said where the last tenth of the epochs has, on average, a loss lower than the
tenth before: by a fiftieth of itself, and by 1 % of the loss of guessing. With
validation rows val_loss has to fall as well as loss.
""",
)

STOPPED_EARLY = Rule(
    "stopped-early",
    "a run that early_stopping has ended",
    "that is what it is for: further epochs would rather have learnt by heart",
    """\
early_stopping ends a run after so many epochs (patience) without a better figure. With
restore_best, the default, the weights are those of the best epoch, and the figures that
the run ends with are of that epoch, not of the last.

Where it looks as if it had come too soon, as with a figure that jumps about from epoch
to epoch, give it more patience:

  early_stopping: {monitor: val_loss, patience: 30}
""",
)

BELOW_BASELINE = Rule(
    "below-baseline",
    "a model that is no better than one answer for all rows",
    "whoever looks at no feature at all, and always gives that answer, does as well",
    """\
The commonest class for every row, or the mean, needs no model. If 70 of 100 rows are of
one class, an accuracy of 0.7 is what that comes to. A model that stays there has learnt
nothing that holds for other rows.

If it is no better on the rows that trained, it has not learnt at all: look at the
learning rate, the scale of the inputs, and the number of epochs. If it is, it has learnt
by heart, or the other rows are of another kind. And the features may say nothing about
the target.

It is said where chance could have done as well: where accuracy is at most two standard
errors above its baseline, and the loss not below that of guessing by 1 % (3 % of 100
rows); for numbers where no figure is better than that of the mean by so much. Where rows
are weighted, as by class_weight, a classification is judged as it was trained: each row
counts by its weight, for the baseline too.
""",
)

VERDICT_RULES = (DIVERGED, OVERFITTING, STILL_LEARNING, STOPPED_EARLY, BELOW_BASELINE)
