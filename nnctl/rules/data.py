"""Rules about the data, and how they fit the model."""

from nnctl.rules.rule import Rule

UNSCALED_INPUTS = Rule(
    "unscaled-inputs",
    "inputs far larger or smaller than 1",
    "a gradient grows with its input, so the largest inputs decide the step size for all "
    "and learning is slow or diverges",
    """\
The derivative of the loss by a weight is proportional to the input that the weight
multiplies. With one input in thousands and another in hundredths, no learning rate
suits both: what is right for the second makes the first diverge. Large inputs also
drive the first layer's units to where their activations are flat, and make the first
loss huge.

standardize gives every numeric column mean 0 and standard deviation 1, minmax the range
0 to 1; pixels of 0 to 255 are divided by 255. Statistics come from the rows that train
and travel with the weights.

  data:
    scale: standardize

Advice is given where the root mean square of an input is above 10, or that of all
inputs below 0.01, unless a normalization layer comes first.
""",
)

SQUARED_ERROR_ON_CLASSES = Rule(
    "squared-error-on-classes",
    "a loss for numbers on what looks like class labels",
    "it takes class 9 for nearer to 8 than to 1, and a confident mistake is hardly punished",
    """\
mean_squared_error is for quantities. The labels of classes are names, even where they
are numbers: a handwritten 9 is no more like an 8 than like a 4. A crossentropy asks for
the probability of the right class, and its slope stays steep as long as the answer is
wrong.

Two classes:

  layers:
    - {type: dense, units: 1, activation: linear}
  loss: {type: binary_crossentropy, from_logits: true}

K classes:

  layers:
    - {type: dense, units: 10, activation: linear}
  loss: {type: sparse_categorical_crossentropy, from_logits: true}

Advice is given where every target is a whole number and they are 0 to K - 1 or 1 to K,
with K at most 10 and ten rows a class. For counts and ratings a loss for numbers is
right: put the code into ignore_advice.
""",
)

SPARE_UNITS = Rule(
    "spare-units",
    "more output units than classes",
    "the spare units get probability, parameters and time, and no row will ever ask for them",
    """\
Each class has one output unit. Units beyond that only learn to be improbable.

Often the labels run from 1 to K and a unit for 0 was added to make room. That is not
needed: labels that are not all in 0 to units - 1 become classes in sorted order, and
predictions speak the labels of the data.

  layers:
    - {type: dense, units: 10, activation: linear}    # for labels 1 to 10

If the data lack a class that others will have, keep its unit, and put the code into
ignore_advice.
""",
)

RARE_CLASS = Rule(
    "rare-class",
    "a rare class, judged by accuracy alone",
    "accuracy looks good without a single row of the rare class being recognised",
    """\
If 97 of 100 rows are healthy, a model that always answers "healthy" has an accuracy of
0.97 and is of no use. Beside such a baseline an accuracy of 0.98 says little.
Precision, recall, f1 and auc look at the rare class itself. Of two classes the first three
judge the second in sorted order; where that is the common one, auc is the one to look at.

  metrics: [accuracy, f1]

To act on the rare class more often, say yes from a lower probability on:

  nnctl evaluate RUN test.csv --threshold 0.2

Advice is given where one class has 80 % of the training rows, or another less than a
fifth of an even share (of a label that goes with others: where yes or no has 90 %), and
metrics has neither precision, recall, f1 nor auc.
""",
)

SHARED_ROWS = Rule(
    "shared-rows",
    "rows that stand both in train and in validation, calibration or test",
    "the model has seen them with their answers, so figures on them say nothing about new data",
    """\
Validation, calibration and test rows stand for data that the model has never seen. A row
that it trained on can be answered from memory: the figures come out too good, early
stopping keeps the wrong epoch, and what is fitted to calibration rows (a temperature, a
threshold, intervals) is too sure of itself.

Let nnctl draw these rows from train, or remove from the file what train has:

  data:
    validation: 0.2
    calibration: 0.1

Rows count as shared where features and target are the same. Tables of a few coarse
columns repeat themselves by chance: advice is given only where the share is more than
twice that of the rows in train whose features repeat there.
""",
)

TARGET_IN_FEATURES = Rule(
    "target-in-features",
    "a feature that alone gives the target away",
    "the model needs to learn nothing but to copy it, and there is no such column for new data",
    """\
A single column that gives the answer in every row is rarely a measurement: it is a copy of
the target, a code for it, the same quantity in another unit, or something that is only known
afterwards, such as the date of a cancellation. The figures are perfect, and predictions
for new rows are worth nothing.

Name the columns to learn from:

  data:
    features: [beds, baths, sqft]

Advice is given where, in all rows that train, a threshold of a column parts two classes
(or thresholds all of several), where each of its values goes with one class or number
alone, or where a target that is a number rises or falls with it. It takes so many rows that
none of the columns would do so by chance once in a million: no 12 rows, and no category
that is seen a few times. If such a column is known for new rows, too, it is all that is
needed: put the code into ignore_advice. Of arrays a column is called as NumPy has it, such
as x[:, 3]; the array has to be saved without it.
""",
)

TEXT_NUMBERS = Rule(
    "text-numbers",
    "a column of numbers that is read as text",
    "each number becomes a category of its own, so the model does not know that 11 km lies "
    "between 10 and 12",
    """\
A column all of whose values are text is one-hot encoded. "12 km", "$1,200" and "35%"
are text, so a quantity becomes dozens of categories without an order, each seen in few
rows, and a new value is none of them.

Say how the numbers are written: signs before and behind them, and signs between thousands,
are taken out.

  data:
    thousands: ","
    signs: ["$", "%", "km"]

decimal: "," is for numbers such as 1,5. Or write the bare numbers into the file (12, 1200, 35),
or leave the column out:

  data:
    features: [beds, baths, sqft]
""",
)

IDENTIFIER = Rule(
    "identifier",
    "a column that tells rows apart",
    "it says nothing about other rows: the model learns by heart what it never meets again",
    """\
Names, addresses, dates and numbers of orders tell rows apart; they say nothing about
other rows. Text becomes a category a row, with an input and weights of its own, that is
1 in a single row: the model can learn the training rows by heart, and new rows have none
of these categories. A whole number in each row is an input like any other, and whatever
the model makes of it is chance, or the order in which the rows were written.

Leave the column out; nnctl predict --keep carries it along to the predictions.

  data:
    features: [beds, baths, sqft]

Dates that are read as text become categories, too, but months and hours come again in other rows.
Say that the column is one of dates, and how they are written, if not as in 2024-02-29:

  data:
    columns:
      sold: {type: date, format: "%d.%m.%Y"}

Advice is given where a text column has more categories than half the rows, and where whole
numbers without a repeat count: from 0 or 1 on without a gap, or, of at least 30 rows (100,
if they go up in steps other than 1), at least half of the numbers from the lowest to the
highest. Years and points in time are none. It is given, too, where a column of whole numbers
without a repeat is called id or uuid, or, if they rise from row to row, number, no, nr, index or
key (also as in order_no and PassengerId).
""",
)

UNSEEN_CLASS = Rule(
    "unseen-class",
    "a class that validation or test has, and the rows that train have not",
    "the model has never seen it, so it cannot be right on those rows whatever it learns",
    """\
A class is learnt from rows that have it. Where the rows that train have none, every row
of that class counts as a mistake: val_accuracy stays low, early stopping judges noise,
and figures by class are 0 for reasons that no training can mend.

Tables that are sorted by class, split by their last rows, are the usual cause:

  data:
    validation: 0.2
    split: random

Validation rows that are drawn at random are stratified, so that each class has its share
in both parts. For data in time order, in which a class is new, the figure is honest: put
the code into ignore_advice.
""",
)

CHANNELS_FIRST = Rule(
    "channels-first",
    "images whose first axis looks like their channels",
    "channels come last here, so windows slide over the channels and take columns of pixels for "
    "channels",
    """\
The layers for images take examples of (height, width, channels). Arrays of some libraries
are (channels, height, width). A convolution then runs over a picture that is one or three
pixels high and has as many channels as the picture has columns: it trains, and learns
little.

Move the axes of the array before it is saved:

  x = x.transpose(0, 2, 3, 1)

One channel needs no move, but another shape:

  input_shape: [28, 28, 1]

Advice is given where the first layer slides over two axes of an input whose first axis
has at most 4 numbers and whose last one more than both 4 and the first. If the data are so,
put the code into ignore_advice.
""",
)

DATA_RULES = (
    UNSCALED_INPUTS,
    SQUARED_ERROR_ON_CLASSES,
    SPARE_UNITS,
    RARE_CLASS,
    SHARED_ROWS,
    TARGET_IN_FEATURES,
    TEXT_NUMBERS,
    IDENTIFIER,
    UNSEEN_CLASS,
    CHANNELS_FIRST,
)
