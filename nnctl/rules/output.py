"""Rules about the output layer and the loss, which have to fit each other."""

from nnctl.rules.rule import Rule

PROBABILITIES_AS_LOGITS = Rule(
    "probabilities-as-logits",
    "a softmax or sigmoid output under a loss with from_logits: true",
    "the loss applies its own to it again, so no probability comes near 0 or 1, "
    "and learning is slow",
    """\
With from_logits: true the loss takes the numbers z of the last layer and turns them
into probabilities itself. If the last layer has done so already, the function is
applied twice. A softmax of numbers between 0 and 1 is nearly flat: of ten classes, the
best one can reach a probability of 0.23, however sure the network is, and the loss
cannot fall below 1.46.

The loss still falls for a while, so nothing looks broken. Give the last layer a linear
activation:

  layers:
    - {type: dense, units: 10, activation: linear}
  loss: {type: sparse_categorical_crossentropy, from_logits: true}

Predictions are probabilities all the same: nnctl predict applies what the loss implies.
""",
)

LOGITS_AS_PROBABILITIES = Rule(
    "logits-as-probabilities",
    "an output that is no probability under a loss that takes probabilities",
    "the loss takes the logarithm of a probability, and clips what lies outside 0 to 1, "
    "where there is then no slope to learn from",
    """\
A crossentropy is the negative logarithm of the probability that the model gives to the
truth. Without from_logits: true it expects probabilities. A linear output gives any
number; what lies below 0 or above 1 is clipped, and a clipped number has the derivative
0: those examples teach nothing.

Tell the loss that it is given logits:

  layers:
    - {type: dense, units: 1, activation: linear}
  loss: {type: binary_crossentropy, from_logits: true}
""",
)

ACTIVATION_ON_LOGITS = Rule(
    "activation-on-logits",
    "an activation that limits the logits",
    "logits are numbers of both signs and any size, and what cuts them off cuts off probabilities",
    """\
With from_logits: true the loss turns the output z into a probability: sigmoid(z), or a
softmax. For a probability near 0, z must be able to go far below 0. A ReLU output
cannot: with a sigmoid, no probability is below 0.5, and a unit whose z is negative gets
no gradient. tanh keeps z between -1 and 1, so a sigmoid of it stays between 0.27 and
0.73.

  layers:
    - {type: dense, units: 1, activation: linear}
  loss: {type: binary_crossentropy, from_logits: true}
""",
)

ROUNDED_PROBABILITIES = Rule(
    "rounded-probabilities",
    "a loss on probabilities, where one on logits is more accurate",
    "the loss is computed from a probability that is rounded already; from the logit it keeps all "
    "its digits",
    """\
Softmax and sigmoid round to the nearest number that the computer has. A probability of
1 - 1e-9 is rounded to 1 in float32, and its logarithm to 0; a probability of 1e-40 is
clipped to 1e-7. Whatever the loss then computes, those digits are gone, and beyond the
clip the derivative is 0.

The course's remedy is to leave the last layer linear and to let the loss have the
logits, so that it can rearrange the terms: -log(1 / (1 + exp(-z))) is computed as log(1
+ exp(-z)), without ever rounding a probability.

  layers:
    - {type: dense, units: 10, activation: linear}
  loss: {type: sparse_categorical_crossentropy, from_logits: true}

Predictions stay probabilities: nnctl predict applies the softmax or the sigmoid.
""",
)

SIGMOID_FOR_CLASSES = Rule(
    "sigmoid-for-classes",
    "a sigmoid output under a categorical crossentropy",
    "the classes exclude each other, so their probabilities have to sum to 1, as those of a "
    "softmax do",
    """\
With one class an example out of several, the probabilities of all classes sum to 1: a
softmax. A sigmoid gives each class a probability by itself, which the loss has to
divide by their sum; the gradient then says nothing about their size, and the outputs
drift to where the sigmoid is flat.

Let the loss apply the softmax:

  layers:
    - {type: dense, units: 10, activation: linear}
  loss: {type: sparse_categorical_crossentropy, from_logits: true}

If an example may have several labels at once, or none, sigmoids are right, and so is
binary_crossentropy with a target column a label.
""",
)

SOFTMAX_FOR_LABELS = Rule(
    "softmax-for-labels",
    "a softmax output under a binary crossentropy",
    "each output answers a yes-no question of its own, but a softmax makes their probabilities "
    "sum to 1",
    """\
A picture may show a car and a bus and a pedestrian. That is three yes-no questions,
each with a probability of its own: several of them may be near 1, or none. The outputs
of a softmax sum to 1, so two labels can never both be probable.

  layers:
    - {type: dense, units: 3, activation: linear}
  loss: {type: binary_crossentropy, from_logits: true}

If exactly one label is right for each example, keep the softmax and choose a
categorical loss.
""",
)

SOFTMAX_OF_ONE = Rule(
    "softmax-of-one",
    "a softmax over a single unit",
    "the outputs of a softmax sum to 1, so a single one is always 1 and nothing is learnt",
    """\
A softmax divides exp(z) by the sum of exp(z) over all units. With one unit that is
exp(z) / exp(z), which is 1 whatever z is. Its derivative is 0, so training changes
nothing.

For two classes, one unit with a sigmoid is enough: the other class has the rest of the
probability.

  layers:
    - {type: dense, units: 1, activation: linear}
  loss: {type: binary_crossentropy, from_logits: true}

For K classes give the last layer K units; for a quantity, a linear output.
""",
)

SQUASHED_NUMBERS = Rule(
    "squashed-numbers",
    "an output that is limited to an interval, under a loss for numbers",
    "a target outside it cannot be reached, and near its ends the slope is almost 0",
    """\
A sigmoid gives numbers between 0 and 1, a softmax those that sum to 1 besides, tanh
those between -1 and 1. A price, a temperature or a standardized target lies outside,
and where the network comes near the ends it learns next to nothing, because the curve
is flat there.

For a target of any sign the course's choice is linear, for one that is never negative
linear or relu:

  layers:
    - {type: dense, units: 1, activation: linear}
  loss: mean_squared_error

If the target is yes or no, choose a crossentropy. Nothing is said where the targets are
shares that lie in the interval.
""",
)

RELU_BELOW_ZERO = Rule(
    "relu-below-zero",
    "an output that is never negative, for targets that are",
    "the output cannot go below 0, and a unit that is 0 everywhere does not learn any more",
    """\
ReLU is max(0, z). As an output it suits numbers that are never negative, such as
prices. A target below 0 can only be met with 0, and where z is negative the derivative
is 0: if that is so for all rows, the output stays 0 for good.

A standardized target has mean 0, so about half of it is negative: with target_scale:
standardize the output has to be linear, too.

  layers:
    - {type: dense, units: 1, activation: linear}
""",
)

OUTPUT_RULES = (
    PROBABILITIES_AS_LOGITS,
    LOGITS_AS_PROBABILITIES,
    ACTIVATION_ON_LOGITS,
    ROUNDED_PROBABILITIES,
    SIGMOID_FOR_CLASSES,
    SOFTMAX_FOR_LABELS,
    SOFTMAX_OF_ONE,
    SQUASHED_NUMBERS,
    RELU_BELOW_ZERO,
)
