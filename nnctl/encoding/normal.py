"""The standard normal distribution: the share of it that lies below a number, and back.

The way back is Wichura's algorithm AS 241 (The percentage points of the normal distribution,
Applied Statistics 37, 1988), PPND16, accurate to about 1e-16: a rational function of the distance
from the middle there, and one of `sqrt(-log p)` in the tails.
"""

import numpy as np

from nnctl.network.error_function import END, polynomial, scaled_normal_tail
from nnctl.reading.array_types import Doubles

CENTRE = 0.425  # the distance from 0.5 up to which p counts as the middle
CENTRE_SQUARED = 0.180625
TAIL_START = 1.6
FURTHEST_SHARE = 1e-11  # of the tail that the formula is for
MIDDLE = (
    (
        3.3871328727963666080,
        133.14166789178437745,
        1971.5909503065514427,
        13731.693765509461125,
        45921.953931549871457,
        67265.770927008700853,
        33430.575583588128105,
        2509.0809287301226727,
    ),
    (
        1.0,
        42.313330701600911252,
        687.18700749205790830,
        5394.1960214247511077,
        21213.794301586595867,
        39307.895800092710610,
        28729.085735721942674,
        5226.4952788528545610,
    ),
)
TAIL = (
    (
        1.42343711074968357734,
        4.63033784615654529590,
        5.76949722146069140550,
        3.64784832476320460504,
        1.27045825245236838258,
        0.241780725177450611770,
        0.0227238449892691845833,
        7.74545014278341407640e-4,
    ),
    (
        1.0,
        2.05319162663775882187,
        1.67638483018380384940,
        0.689767334985100004550,
        0.148103976427480074590,
        0.0151986665636164571966,
        5.47593808499534494600e-4,
        1.05075007164441684324e-9,
    ),
)


def normal_quantile(p: Doubles) -> Doubles:
    """The number below which the share `p` of a standard normal lies, elementwise, float64.

    `p` is from `FURTHEST_SHARE` to 1 less that.
    """
    q = p - 0.5
    r = CENTRE_SQUARED - q * q
    middle = q * polynomial(MIDDLE[0], r) / polynomial(MIDDLE[1], r)
    t = np.sqrt(-np.log(np.minimum(p, 1 - p))) - TAIL_START
    tail = np.copysign(polynomial(TAIL[0], t) / polynomial(TAIL[1], t), q)
    return np.asarray(np.where(np.abs(q) <= CENTRE, middle, tail))


def normal_share(x: Doubles) -> Doubles:
    """The share of a standard normal that lies below `x`, elementwise, float64."""
    w = np.minimum(np.abs(x), END)
    tail = scaled_normal_tail(w) * np.exp(-w * w / 2)
    return np.asarray(np.where(x < 0, tail, 1 - tail))
