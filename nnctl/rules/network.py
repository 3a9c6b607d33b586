"""Rules about the hidden layers and the step size."""

from nnctl.rules.rule import Rule

LINEAR_HIDDEN = Rule(
    "linear-hidden",
    "hidden layers without an activation",
    "a linear function of a linear function is linear again, so such a layer adds nothing to the "
    "one behind it",
    """\
With no activation, a layer computes a = w x + b. The layer behind it computes w2 (w x +
b) + b2, which is (w2 w) x + (w2 b + b2): one linear function, with other numbers.
However many linear layers stand behind each other, the network is linear regression;
with a sigmoid at the end, logistic regression.

What makes a network more than that is the bend in its activations. Take ReLU in hidden
layers:

  layers:
    - {type: dense, units: 25, activation: relu}
    - {type: dense, units: 15, activation: relu}
    - {type: dense, units: 1, activation: linear}

The output layer may be linear; it is not meant here.
""",
)

SATURATING_HIDDEN = Rule(
    "saturating-hidden",
    "sigmoid or tanh in three hidden layers or more",
    "they are flat on both sides, so slopes shrink from layer to layer and the first layers "
    "hardly learn",
    """\
The derivative of a sigmoid is at most 1/4, that of tanh at most 1, and both are near 0
where the unit is sure of itself. Backpropagation multiplies the derivatives of all
layers on its way to the first one: after four sigmoid layers at most 1/256 is left of
the slope.

ReLU is flat on one side only and has the slope 1 on the other, which is why the course
calls it the most common choice for hidden layers: it trains faster.

  layers:
    - {type: dense, units: 25, activation: relu}

Sigmoids in one or two hidden layers, as in the course's first networks, do no harm. Nor
do they under batch_normalization or layer_normalization, which keep units where the
curve is steep.
""",
)

EQUAL_UNITS = Rule(
    "equal-units",
    "a hidden layer whose units all start alike",
    "its units compute the same, so it starts as one unit; with zeros and ReLU it never learns",
    """\
Units become different because they start different. If all weights of a layer start at
the same number, every unit computes the same function of the input, and backpropagation
hands all of them their changes along the same direction. With zeros and ReLU they get
none at all: the layer is dead from the start.

Draw the start values at random. glorot_uniform, the default, chooses their size so that
signals keep theirs from layer to layer; he_uniform does so for ReLU.

  layers:
    - {type: dense, units: 25, activation: relu, kernel_initializer: glorot_uniform}

Biases may start at zero, and so may the kernel of an output layer.
""",
)

LEARNING_RATE = Rule(
    "learning-rate",
    "a learning rate far from what the optimizer works with",
    "with steps too long the loss jumps about or grows, with steps too short it hardly falls",
    """\
Gradient descent takes w = w - alpha dJ/dw. If alpha is too large, the step leads over
the valley and up the other side; if it is too small, the loss takes ages to fall.

Adam, AdamW and RMSprop divide the gradient by its usual size, so alpha is about how far
each parameter moves in a step: 0.001 is usual, and more than 0.2 throws weights of
usual size about. For sgd it depends on the scale of the loss: 0.001 to 1 for scaled
inputs. With a momentum m, a step ends up alpha / (1 - m) long.

  optimizer: {type: adam, learning_rate: 0.001}

Advice is given outside 1e-6 to 0.2 (adam, adamw, rmsprop) or 1e-6 to 5 (sgd, adagrad),
for the highest rate of a schedule.
""",
)

NETWORK_RULES = (LINEAR_HIDDEN, SATURATING_HIDDEN, EQUAL_UNITS, LEARNING_RATE)
