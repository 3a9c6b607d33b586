"""Rules about what training itself shows."""

from nnctl.rules.rule import Rule

CONFIDENT_START = Rule(
    "confident-start",
    "a first loss far above that of guessing",
    "the untrained network is sure of wrong answers, and the first epochs go into unlearning that",
    """\
A network that knows nothing should say so: with K classes, a probability of about 1/K
each, and a loss of about ln K (2.3 for ten classes, 0.69 for yes or no). A first loss
many times as large means that the outputs are large from the start, because the inputs
are large or the initial weights are.

Scale the inputs, or let the layers draw their weights by glorot_uniform, the default:

  data:
    scale: standardize

train looks at the first loss before the first step; more than three times that of
guessing is told.
""",
)

DEAD_RELU = Rule(
    "dead-relu",
    "ReLU units that are 0 for every row",
    "such a unit has the derivative 0 everywhere, so it never learns again",
    """\
ReLU is flat for negative z. A unit whose z is negative for every row gives 0 for every
row, gets no gradient, and stays so. A few such units do no harm. If it is a large part
of a layer, the steps were usually too long: one of them threw the weights to where
nothing is active.

Lower the learning rate, scale the inputs, or take leaky_relu, which keeps a slope on
both sides:

  layers:
    - {type: dense, units: 25, activation: leaky_relu}

train looks at up to 512 training rows at the end; more than 40 % of a layer's units are
told.
""",
)

STUCK_AT_CHANCE = Rule(
    "stuck-at-chance",
    "a loss that ends where guessing would be",
    "nothing has been learnt from the features yet",
    """\
Whoever knows no features but only how common each class is, and answers with those
shares, has a loss equal to their entropy: ln K for K classes of equal size. A network
that ends there has learnt the shares and nothing else.

Either the learning rate is too small for the epochs given, or so large that the units
saturated or died on the way, or the features say nothing about the target. Advice is to
try a learning rate ten times as large where the loss has hardly moved, and a tenth of
it where it has come down from above:

  optimizer: {type: adam, learning_rate: 0.001}

It is given after five epochs or more, where the loss ends within 1 % of that of
guessing, or above it and within 5 % of where it began.
""",
)

TRAINING_RULES = (CONFIDENT_START, DEAD_RELU, STUCK_AT_CHANCE)
