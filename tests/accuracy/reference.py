"""Activations and their derivatives with 60 digits, from the standard library's decimal numbers.

Nothing here is shared with the package: plain textbook forms, with enough digits to lose some.
"""

from collections.abc import Callable
from decimal import Decimal, getcontext
from functools import cache

getcontext().prec = 60
getcontext().Emin, getcontext().Emax = -(10**9), 10**9
ONE = Decimal(1)
PI = Decimal("3.14159265358979323846264338327950288419716939937510582097494459230781640628620899")


def log1p(e: Decimal) -> Decimal:
    """`log(1 + e)` for `e >= 0`, without the digits that `1 + e` would lose."""
    return e - e * e / 2 + e * e * e / 3 if e < Decimal("1e-20") else (1 + e).ln()


def expm1(z: Decimal) -> Decimal:
    if abs(z) > Decimal("1e-15"):
        return z.exp() - 1
    return z + z * z / 2 + z * z * z / 6 + z**4 / 24


def sigmoid(z: Decimal) -> Decimal:
    e = (-abs(z)).exp()
    return (ONE if z >= 0 else e) / (1 + e)


def sigmoid_slope(z: Decimal) -> Decimal:
    return sigmoid(z) * sigmoid(-z)


def tanh(z: Decimal) -> Decimal:
    size = -expm1(-2 * abs(z)) / (1 + (-2 * abs(z)).exp())
    return size if z >= 0 else -size


def softplus(z: Decimal) -> Decimal:
    return max(z, Decimal(0)) + log1p((-abs(z)).exp())


def density(z: Decimal) -> Decimal:
    """The standard normal density."""
    return (-z * z / 2).exp() / (2 * PI).sqrt()


@cache
def normal_tail(w: Decimal) -> Decimal:
    """`P(Z > w)` for `w >= 0`: near 0 by Taylor's series, in the tail by Laplace's fraction
    (Abramowitz and Stegun, Handbook of Mathematical Functions, 26.2.11 and 26.2.14)."""
    if w < 3:
        term = total = w
        k = 1
        while term > Decimal("1e-62") * w:
            k += 2
            term *= w * w / k
            total += term
        return Decimal("0.5") - density(w) * total
    fraction = w
    for k in range(4000 // int(w * w) + 60, 0, -1):
        fraction = w + k / fraction
    return density(w) / fraction


def normal_probability(z: Decimal) -> Decimal:
    return 1 - normal_tail(z) if z > 0 else normal_tail(-z)


def approximate_gelu_inner(z: Decimal) -> Decimal:
    return (8 / PI).sqrt() * (z + Decimal("0.044715") * z**3)


def approximate_gelu_slope(z: Decimal) -> Decimal:
    inner = approximate_gelu_inner(z)
    by_z = (8 / PI).sqrt() * (1 + 3 * Decimal("0.044715") * z * z)
    return sigmoid(inner) + z * sigmoid_slope(inner) * by_z


ALPHA, NEGATIVE_SLOPE = Decimal(1), Decimal("0.2")
Function = Callable[[Decimal], Decimal]

# An activation's config, and its function and derivative.
ACTIVATIONS: dict[str, tuple[Function, Function]] = {
    "linear": (lambda z: z, lambda z: ONE),
    "relu": (lambda z: max(z, Decimal(0)), lambda z: ONE * (z > 0)),
    "leaky_relu": (
        lambda z: z if z > 0 else NEGATIVE_SLOPE * z,
        lambda z: ONE if z > 0 else NEGATIVE_SLOPE,
    ),
    "elu": (
        lambda z: z if z > 0 else ALPHA * expm1(z),
        lambda z: ONE if z > 0 else ALPHA * z.exp(),
    ),
    "sigmoid": (sigmoid, sigmoid_slope),
    "tanh": (tanh, lambda z: 4 * sigmoid_slope(2 * z)),
    "softplus": (softplus, sigmoid),
    "silu": (lambda z: z * sigmoid(z), lambda z: sigmoid(z) + z * sigmoid_slope(z)),
    "gelu": (
        lambda z: z * normal_probability(z),
        lambda z: normal_probability(z) + z * density(z),
    ),
    "gelu approximate": (
        lambda z: z * sigmoid(approximate_gelu_inner(z)),
        approximate_gelu_slope,
    ),
}


def softmax(z: list[Decimal]) -> list[Decimal]:
    powers = [(v - max(z)).exp() for v in z]
    return [power / sum(powers) for power in powers]


def crossentropy(y: list[Decimal], z: list[Decimal]) -> Decimal:
    """`sum_k y_k log(sum_j exp(z_j - z_k))`, the greatest `z` apart so that no digit is lost."""
    place = z.index(max(z))
    others = sum(((v - z[place]).exp() for k, v in enumerate(z) if k != place), Decimal(0))
    return sum((p * (z[place] - v + log1p(others)) for p, v in zip(y, z, strict=True)), Decimal(0))


def crossentropy_slope(y: list[Decimal], z: list[Decimal]) -> list[Decimal]:
    """By each logit `sum_j (a_k y_j - y_k a_j)`, which does not cancel where `y` has one 1."""
    a = softmax(z)
    return [
        sum((a[k] * y[j] - y[k] * a[j] for j in range(len(z)) if j != k), Decimal(0))
        for k in range(len(z))
    ]
