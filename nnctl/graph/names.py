"""The names of all operations: whoever tells operations apart does so by these alone."""

from enum import StrEnum, auto


class Name(StrEnum):
    """What an operation does; spelt as profiles and messages show it."""

    # NumPy's ufuncs, by NumPy's own names
    ADD = auto()
    SUBTRACT = auto()
    MULTIPLY = auto()
    DIVIDE = auto()
    NEGATIVE = auto()
    EXP = auto()
    EXPM1 = auto()
    LOG = auto()
    LOG1P = auto()
    TANH = auto()
    SIN = auto()
    COS = auto()
    SQRT = auto()
    SQUARE = auto()
    MAXIMUM = auto()
    MINIMUM = auto()
    SIGN = auto()
    GREATER = auto()
    GREATER_EQUAL = auto()
    LESS = auto()
    LESS_EQUAL = auto()

    # what changes shapes, or goes along axes
    MATMUL = auto()
    SUM = auto()
    MAX = auto()
    RESHAPE = auto()
    TRANSPOSE = auto()
    SLICE = auto()
    BROADCAST = auto()
    COPY = auto()
    JOIN = auto()
    ONE_HOT = auto()
    DRAW = auto()

    # cells of windows, in tables
    GATHER = auto()
    ZERO_CELL = auto()

    # matrices held by the places of their ones
    WITH_ONES = auto()
    CHOOSE_ROWS = auto()
    SCATTER_ROWS = auto()

    # images looked up between their cells
    SAMPLE = auto()
    PUT_BACK = auto()

    # batches in parts
    SUM_OVER_PARTS = auto()
    UNITE_PARTS = auto()

    # the identity, with a derivative rule of its own
    WITH_DERIVATIVE = auto()
