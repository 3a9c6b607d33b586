"""The normal distribution's probability, from one formula that takes complex numbers too.

For `u >= 0`, `erfc(u) = t exp(-u^2 + p(2t - 1))` with `t = 2 / (2 + u)` and a polynomial `p`: the
form of Press et al., Numerical Recipes (2007), section 6.2.2. It keeps its relative accuracy
however small erfc becomes. The Chebyshev coefficients of `p` were computed with 50 digits, from its
values at 64 nodes; those left out are below 1e-16.
"""

import math
from typing import Any

import numpy as np

COEFFICIENTS = (
    -0.6513268598908547,
    0.6419697923564902,
    0.019476473204185836,
    -0.009561514786808632,
    -0.0009465953444820369,
    0.00036683949785276145,
    4.252332480690777e-05,
    -2.0278578112534242e-05,
    -1.6242900046470256e-06,
    1.3036558355805232e-06,
    1.5626441722066142e-08,
    -8.523809591492654e-08,
    6.5290544390988515e-09,
    5.059343495551469e-09,
    -9.91364156493033e-10,
    -2.273651222931836e-10,
    9.646791102015527e-11,
    2.3940380830391146e-12,
    -6.886027526497553e-12,
    8.944879273090725e-13,
    3.130921399342958e-13,
    -1.1270822361367252e-13,
    3.810905255189232e-16,
    7.106097613609237e-15,
    -1.5230282014571043e-15,
    -9.457494571291233e-17,
    1.210237189224279e-16,
)


def normal_probability(z: Any) -> Any:
    """`P(Z <= z)` for a standard normal `Z`, `erfc(-z / sqrt(2)) / 2`; elementwise."""
    t = 2 / (np.maximum(z, -z) * math.sqrt(0.5) + 2)
    # Two exponentials: in a sum, the rounding of the square would cost the polynomial its digits.
    tail = t * np.exp(chebyshev(2 * t - 1)) * np.exp(-np.square(z) * 0.5) * 0.5
    above = np.maximum(np.sign(z), 0.0)  # there, the tail is what the probability lacks of 1
    return above + (1 - 2 * above) * tail


def chebyshev(s: Any) -> Any:
    """The polynomial of `COEFFICIENTS` at `s` in [-1, 1], by Clenshaw's recurrence."""
    *rest, last = COEFFICIENTS[1:]
    b, after = s * 0 + last, 0.0
    for coefficient in reversed(rest):
        b, after = 2 * s * b - after + coefficient, b
    return s * b - after + COEFFICIENTS[0]
