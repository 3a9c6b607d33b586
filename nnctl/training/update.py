"""What an optimizer does with the gradient of a batch, as a part of a step's graph."""

from collections.abc import Mapping, Sequence

from nnctl.graph import Array, Value, join
from nnctl.graph.layout import Layout
from nnctl.graph.parts import own_sum, sum_over_parts, unite
from nnctl.network.optimizers import Optimizer, clip_gradients
from nnctl.training.shares import Part


def as_vector(arrays: Sequence[Value]) -> Value:
    """The elements of some arrays, one array after another: `(all,)`."""
    return join([array.reshape(array.size) for array in arrays])


def summed(vector: Value, layout: Layout, optimizer: Optimizer, divided: bool = False) -> Value:
    """The gradient of the batch, from this part's share of it `(trainable,)`, and clipped.

    Where the update is `divided`, the part's stretch of it.
    """
    part = vector.graph.part
    # Clipping asks for the norm of whole gradients, so those are summed everywhere before it.
    if divided and not optimizer.clips:
        return own_sum(vector)
    vector = sum_over_parts(vector)
    if optimizer.clips:
        shapes = [layout.parameters[name].shape for name in layout.trainable]
        slices = [layout.slices[name] for name in layout.trainable]
        whole = [vector[own].reshape(*to) for own, to in zip(slices, shapes, strict=True)]
        vector = as_vector(clip_gradients(optimizer, whole))
    return vector[part.own(vector.size)] if part is not None and divided else vector


def divided_part(part: Part | None, parameters: Array) -> Part | None:
    """The part, where each is to update only its stretch of all trainable `parameters`."""
    return part if part is not None and part.divides(parameters.nbytes) else None


def record_update(
    whole: Value,
    parameters: Array,
    g: Value,
    optimizer: Optimizer,
    slots: Mapping[str, Array],
    rates: Sequence[Value],
    part: Part | None,
) -> dict[Value, Array]:
    """Records what the optimizer does to the leaf `whole` of all trainable `parameters`.

    Returns the arrays of the leaves that this adds. With a `part` it works on the part's stretch
    of the parameters, of the slots and of the gradient `g`, and unites the stretches.
    """
    graph = whole.graph
    given: dict[Value, Array] = {}
    p, own = whole, slice(whole.size)
    if part is not None:
        own = part.own(whole.size)
        p = graph.leaf("own_parameters", (own.stop - own.start,))
        given[p] = parameters[own]
    old = [graph.leaf(name, p.shape) for name in optimizer.slots]
    given |= {leaf: slots[leaf.name][own] for leaf in old}
    *numbers, decay = rates
    decayed = p - p * decay if optimizer.weight_decay else p
    updated, new = optimizer.update(decayed, g, tuple(old), *numbers)
    for leaf, value in zip([p, *old], [updated, *new], strict=True):
        graph.assign(leaf, value)
    if part is not None:
        graph.assign(whole, unite(updated, whole.size))
    return given


def rates_of(optimizer: Optimizer, learning_rate: float, step: int) -> tuple[float, ...]:
    """The optimizer's own rates for a step, and what weight decay takes off."""
    decay = learning_rate * (optimizer.weight_decay or 0.0)
    return *optimizer.rates_at(learning_rate, step), decay
