"""What each key of a config and each argument of a type is, in a line; and defaults in words.

All that the code itself states (names, types, ranges, defaults, formulas) is read from there.
"""

import re

KEYS = {
    "name": "Names the run and its folder, `runs/NAME`.",
    "seed": "Decides every random number of the run: the split, the initial weights, the order of "
    "rows, dropout, augmentation.",
    "dtype": "The precision to train in.",
    "data": "Where the examples are, and what becomes of them: see [below](#data).",
    "input_shape": "The shape of one example, channels last. The numbers of a row are put into it "
    "in their order.",
    "layers": "The layers, from input to output: see [Layers](#layers).",
    "loss": "What training makes small; it also decides the task. See [Losses](#losses).",
    "optimizer": "How the parameters move: see [Optimizers](#optimizers).",
    "metrics": "Figures to report each epoch: see [Metrics](#metrics).",
    "epochs": "Passes over the training rows.",
    "batch_size": "Rows a step; `full` takes all rows at once.",
    "shuffle": "Whether rows come in a new order each epoch.",
    "early_stopping": "Ends the run when a figure gets no better: see [below](#early_stopping).",
    "reduce_lr_on_plateau": "Lowers the learning rate when a figure gets no better: see "
    "[below](#reduce_lr_on_plateau).",
    "class_weight": "How much each class counts in the training loss: `balanced` is rows / "
    "(classes × rows of the class); or `{label: weight}`, where a label left out has 1.",
    "ensemble": "How many models are trained alike but for their random numbers, and predict "
    "together; or `{members, split}`: see [below](#ensemble) and [Ensembles](ensembles.md).",
    "ensemble.members": "How many models.",
    "ensemble.split": "Whether each draws validation rows of its `own`, or all have the same, "
    "`shared`.",
    "calibrate": "Whether probabilities are corrected by the rows of `data.calibration`, so that "
    "they mean what they say: see [How sure is it?](how-sure.md).",
    "threshold": "From above which probability the answer is yes: a number, or what it is chosen "
    "for: see [below](#threshold).",
    "threshold.maximize": "The cut with the greatest of this figure.",
    "threshold.recall": "The highest cut that finds this share of the positive rows.",
    "threshold.precision": "The lowest cut at which this share of the alarms is right, of at "
    "least 30.",
    "threshold.cost": "The cut of least cost.",
    "threshold.positive": "The label that an alarm is about.",
    "cost.false_negative": "What an overlooked positive row costs.",
    "cost.false_positive": "What a false alarm costs.",
    "intervals": "How often the range, or the set of labels, that comes with a prediction holds "
    "the truth: see [How sure is it?](how-sure.md).",
    "ignore_advice": "Codes of [advice](advice.md) to hear nothing of.",
    "tune": "What `nnctl tune` searches, and how; `train` checks it and goes on without: see "
    "[below](#tune).",
    "tune.search": "The keys to search, by dotted paths as `--set` takes them, each with a list of "
    "values or a range.",
    "tune.trials": "Trials in all.",
    "tune.sampler": "How values are drawn: see [Samplers](#samplers).",
    "tune.pruner": "Which trials stop early: see [Pruners](#pruners).",
    "tune.monitor": "The figure to make best: `loss` or a metric, of validation rows with `val_` "
    "before it.",
    "tune.direction": "Whether that is to fall or to rise: `minimize` or `maximize`.",
    "range.low": "The least number.",
    "range.high": "The greatest number.",
    "range.log": "Whether to draw evenly by the logarithm, so that each decade has its share.",
    "range.step": "Draws `low`, `low` + `step`, … alone.",
    "data.train": "The rows to learn from.",
    "data.validation": "Rows to validate on after each epoch: a fraction of `train`, or a file.",
    "data.split": "Which rows a fraction takes: drawn at random, in equal shares of each class, or "
    "the last, for data in time order: by the first column that `columns` calls a `date`, or as "
    "they stand in the file.",
    "data.calibration": "Rows that neither train nor stop, a fraction of `train` or a file, by "
    "which `calibrate`, `threshold` and `intervals` are fitted: see "
    "[How sure is it?](how-sure.md).",
    "data.test": "Rows to evaluate once, after training.",
    "data.target": "The column, or columns, to predict; of `.npz` the array.",
    "data.features": "The columns to learn from; of `.npz` the array.",
    "data.text": "Columns that hold categories, even where they look like numbers.",
    "data.scale": "How numbers are scaled, by statistics of the training rows: see "
    "[Scalings](#scalings). Categories are not.",
    "data.target_scale": "`none` or `standardize`, for regression. Losses are in scaled units, "
    "metrics and predictions in the target's own.",
    "data.bins": "Adds to each number so many pieces between its quantiles: see "
    "[Columns](columns.md#pieces).",
    "data.missing": "What becomes of missing values of features: an error; the row is dropped; or "
    "the mean or the median of the column stands in (in text, a category of its own).",
    "data.columns": "What single columns are, by their names, and what becomes of them: see "
    "[below](#datacolumns).",
    "column.type": "What the column holds: `number`, `category`, `date`, or something to `ignore`. "
    "By default a number or a category, as most of its cells are.",
    "column.scale": "How its numbers are scaled: see [Scalings](#scalings).",
    "column.missing": "What becomes of its missing values.",
    "column.indicator": "Whether an input is added that is 1 where the value was missing.",
    "column.bins": "Adds so many pieces between its quantiles: see [Columns](columns.md#pieces).",
    "column.min_count": "Categories of fewer training rows share the input `(other)`.",
    "column.format": "How its dates are written, as Python's `strptime` has it; by default as in "
    "ISO 8601.",
    "column.parts": "The parts of its dates that are inputs: `year`, `month`, `day`, `weekday`, "
    "`hour`, `minute`, and `days` since the first date.",
    "data.sample_weight": "A column that says how much each row counts in the loss.",
    "data.group": "A column whose rows of one value stay together, such as those of one patient, "
    "where rows are drawn to validate or calibrate, and in folds; it is no feature: see "
    "[Groups](data.md#groups).",
    "data.missing_values": "Further texts of cells that mean that there is no value, or "
    "`{only: [...]}` for those that do so in place of `NA`, `N/A`, `nan`, `NaN` and `null`; an "
    "empty cell always does. In a column of text a quoted mark is text.",
    "data.delimiter": "The character between fields, or `whitespace` for any run of spaces and "
    "tabs.",
    "data.header": "Whether the first row names the columns; otherwise they are `0`, `1`, …",
    "data.decimal": "The sign before the fraction of a number.",
    "data.thousands": "The sign between groups of three digits, which is taken out of numbers.",
    "data.signs": 'Signs before or behind numbers that are taken out, such as `["$", "%"]`.',
    "data.encoding": "The encoding of the text, such as `latin-1`, `cp1252` or `utf-16`.",
    "marks.only": "The texts that mean that there is no value.",
    "data.image": "What becomes of images: see [below](#dataimage) and [Images](images.md).",
    "image.image_size": "Their height and width in pixels.",
    "image.color_mode": "Whether they have one channel of grey, or three of colour.",
    "image.crop_to_aspect_ratio": "Whether what does not fit into the shape of `image_size` is cut "
    "off; otherwise an image is stretched.",
    "image.pad_to_aspect_ratio": "Whether black is put around an image, up to the shape of "
    "`image_size`.",
    "image.interpolation": "How an image comes to its size: by what lies between pixels, the "
    "nearest pixel, or the mean of all that go into one.",
    "image.unreadable": "Whether an image that cannot be read is an error, or left out.",
    "data.memory": "The bytes that the inputs of a file may take in memory; where they would take "
    "more, they are read in blocks while training: see [Large data](large-data.md).",
    "file.file": "The file.",
    "file.table": "The table of an SQLite database, in the order of its rows' numbers.",
    "file.query": "What to ask an SQLite database: one SELECT, with an ORDER BY that tells "
    "all rows apart.",
    "file.sheet": "The sheet of an Excel workbook.",
    "file.features": "The columns or the array to learn from; of IDX and `.npy` the features' "
    "file.",
    "file.images": "Of a table of images, the column of their paths, which begin at its folder.",
    "file.target": "The columns or the array to predict; of IDX and `.npy` the targets' file.",
}
DEFAULTS = {
    "data.image": "as below, where `train` is a folder of images",
    "name": "the file's stem",
    "metrics": "`[accuracy]` for classes, `[mae]` for numbers",
    "input_shape": "as the data has it",
    "ignore_advice": "none",
    "data.target": "required for tables; of `.npz` `y`",
    "column.type": "as its cells are",
    "column.scale": "as `data.scale`",
    "column.missing": "as `data.missing`",
    "column.bins": "as `data.bins`",
    "column.format": "ISO 8601",
    "column.parts": "`year`, `month`, `weekday`, `hour` and `days`, those that vary",
    "data.features": "every other column; of `.npz` `x`",
    "ensemble.split": "`own` where `data.validation` is a fraction of rows drawn at random",
    "data.delimiter": "a comma; in `.tsv` a tab",
    "data.encoding": "UTF-8",
    "file.file": "required but for IDX and `.npy`",
    "file.table": "the only one",
    "file.sheet": "the first",
    "file.features": "as in `data`",
    "file.target": "as in `data`",
    "threshold": "0.5",
    "threshold.positive": "the second in sorted order",
    "tune.direction": "as the figure has it: losses and errors fall, other metrics rise",
    "strides (pooling)": "`pool_size`",
    "name (layer)": "`TYPE_K`, the K-th of its type",
}
ARGUMENTS = {
    "activation": "The function that the sum goes through.",
    "activation.activation": "The function.",
    "alpha": "Far below 0 the output is `-alpha`.",
    "approximate": "Whether to take the approximation by a sigmoid.",
    "beta_1": "The share that the running mean of the gradient keeps each step.",
    "beta_2": "The share that the running mean of its square keeps each step.",
    "beta_initializer": "The start of what is added.",
    "beta_regularizer": "What large numbers there cost.",
    "bias_initializer": "The bias's start.",
    "boundaries": "The last step of each value but the last, increasing.",
    "center": "Whether `beta` is added.",
    "centered": "Whether to divide by the deviation instead of the root mean square.",
    "clipnorm": "The greatest norm of each array's gradient.",
    "clipvalue": "The greatest size of each number of the gradient.",
    "cooldown": "Epochs after a reduction that do not count.",
    "cosine_decay.alpha": "The share of the rate that is left at the end.",
    "decay_rate": "What the rate is multiplied by in `decay_steps` steps.",
    "decay_steps": "Steps that the decay takes.",
    "delta": "The distance from which on the loss is linear.",
    "dilation_rate": "How far a window's cells lie apart.",
    "epsilon": "Keeps the divisor from being 0.",
    "factor": "What the learning rate is multiplied by.",
    "random_contrast.factor": "How much less than 1 the contrast is at the least, and how much "
    "more at the most: `[lower, upper]`, or one number for `[0, upper]`.",
    "random_rotation.factor": "Shares of a full turn that are drawn between: two numbers, or one "
    "for as much either way.",
    "fill_mode": "What stands outside of an image of cells `a b c d`: under `reflect` "
    "`d c b a` on either side, under `wrap` `a b c d`, under `nearest` the cell at the edge, under "
    "`constant` the `fill_value`.",
    "fill_value": "What stands outside under `fill_mode: constant`.",
    "filters": "Kernels, and so channels of the output.",
    "from_logits": "Whether the model's output is logits, which the loss turns into "
    "probabilities itself.",
    "gamma_initializer": "The start of what is multiplied by.",
    "gamma_regularizer": "What large numbers there cost.",
    "global_clipnorm": "The greatest norm of all gradients together.",
    "initial_accumulator_value": "The start of the sum of squares.",
    "initial_learning_rate": "The rate of step 0.",
    "height_factor": "Shares of the height that are drawn between, down: two numbers, or one for "
    "as much either way.",
    "random_zoom.height_factor": "How much more of the height is seen, drawn between two numbers; "
    "less where it is negative. One number stands for as much either way.",
    "interpolation": "Whether a number between cells is the mean of those around, by how near they "
    "are, or the nearest.",
    "k": "How many classes count.",
    "keepdims": "Whether the axes that are averaged stay, with length 1.",
    "kernel_initializer": "The kernel's start.",
    "kernel_regularizer": "What large weights cost.",
    "kernel_size": "Cells of a window: for all axes, or for each.",
    "l1": "What the sum of sizes is multiplied by.",
    "l2": "What the sum of squares is multiplied by.",
    "label_smoothing": "The share that is taken from each label and spread evenly.",
    "learning_rate": "The length of a step; see [Schedules](#schedules).",
    "mean": "The mean.",
    "mode": "Which sides are exchanged: left and right, top and bottom, or both at once.",
    "lower": "Below this the figure is hopeless.",
    "min_delta": "What counts as better must be better by more than this.",
    "min_early_stopping_rate": "Rungs to leave out at the start.",
    "min_lr": "The learning rate goes no lower.",
    "min_resource": "Epochs of the first rung.",
    "momentum": "The share of the step before that is added.",
    "batch_normalization.momentum": "The share that the moving statistics keep each step.",
    "monitor": "The figure to watch: `loss` or a metric, of validation rows with `val_` before it.",
    "moving_mean_initializer": "The moving mean's start.",
    "moving_variance_initializer": "The moving variance's start.",
    "multivariate": "Whether keys are drawn together, or each by itself.",
    "n_ei_candidates": "Draws, of which the most promising is taken.",
    "n_startup_trials": "Trials before it begins to judge.",
    "n_warmup_steps": "Epochs of a trial before it may be stopped.",
    "name": "The layer's name, in weights files and in what is printed.",
    "negative_slope": "The slope below 0.",
    "nesterov": "Whether to look one velocity ahead.",
    "padding": "`same` adds zeros around the input, so that with `strides` 1 the output has its "
    "size; `valid` adds none; `causal` adds them before it.",
    "average_pooling1d.padding": "`same` lets windows reach over the edge, where they have fewer "
    "cells; `valid` does not.",
    "patience": "Epochs without a better figure that are let pass.",
    "percentile": "The percent of trials that go on.",
    "pool_size": "Cells of a window: for all axes, or for each.",
    "quantiles": "The shares of targets that are to lie below the outputs, increasing; a target "
    "has an output for each.",
    "rate": "The share of inputs that are set to 0.",
    "reduction_factor": "How many times higher the next rung is, and fewer the trials on it.",
    "restore_best": "Whether the weights of the best epoch are kept at the end.",
    "rho": "The share that the running mean of squares keeps each step.",
    "scale": "Whether the result is multiplied by `gamma`.",
    "staircase": "Whether the rate falls in steps.",
    "stddev": "The standard deviation.",
    "strides": "How far windows lie apart: for all axes, or for each.",
    "target_shape": "The new shape of one example; one -1 stands for what is left.",
    "units": "Outputs.",
    "upper": "Above this the figure is hopeless.",
    "use_bias": "Whether a bias is added.",
    "value": "The value.",
    "value_range": "The least and the greatest value of an image, as it is scaled; what is beyond "
    "is cut to them.",
    "values": "The rates, one more than `boundaries`.",
    "warmup_steps": "Steps that the rate rises for.",
    "warmup_target": "The rate that it rises to.",
    "weight_decay": "The share of each parameter that is taken off it each step, times the "
    "learning rate.",
    "width_factor": "Shares of the width that are drawn between, to the right: two numbers, or one "
    "for as much either way.",
    "random_zoom.width_factor": "The same for the width, which by default goes with the height.",
    "weights": "Literal start values by name, such as `{kernel: [[2]], bias: [8]}`.",
    "by": "What each number is divided by.",
    "clip": "Whether far numbers are drawn in.",
}
SAME = {  # types whose arguments are those of another
    "average_pooling2d": "average_pooling1d",
    "max_pooling1d": "average_pooling1d",
    "max_pooling2d": "average_pooling1d",
}


def key_line(key: str) -> str:
    """The line about a key, such as `data.train`, as an editor shows it."""
    return without_links(KEYS[key])


def argument_line(kind: str, name: str) -> str:
    """The line about an argument, as an editor shows it; empty where nothing is said of it."""
    known = f"{SAME.get(kind, kind)}.{name}" in ARGUMENTS or name in ARGUMENTS
    return without_links(argument_description(kind, name)) if known else ""


def without_links(text: str) -> str:
    """A text without its links, and without what only points to them."""
    text = re.sub(r"[:;]? ?[Ss]ee \[[^]]*\]\([^)]*\)(?=\.)", "", text)
    return re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", text).replace("..", ".").strip()


def argument_description(kind: str, name: str) -> str:
    """The line about an argument of a type, or of any that has an argument of that name."""
    own = ARGUMENTS.get(f"{SAME.get(kind, kind)}.{name}")
    return own or ARGUMENTS[name]
