"""The nodes of a model's computation graph that the page steps through, named as `explain` does."""

from collections.abc import Iterator, Mapping
from typing import Any

from nnctl.training.sequential import Sequential

# The layers that the page computes; the first hand on their input's numbers as they are.
AUGMENTING = tuple(
    f"random_{change}" for change in ("contrast", "flip", "rotation", "translation", "zoom")
)
PASSING = ("flatten", "reshape", "dropout", *AUGMENTING)
PRODUCTS = ("dense", "conv1d", "conv2d")
POOLING = tuple(
    f"{kind}_pooling{axes}d" for kind in ("max", "average", "global_average") for axes in (1, 2)
)
OTHERS = ("activation", "batch_normalization", "layer_normalization")
KNOWN = frozenset((*PASSING, *PRODUCTS, *POOLING, *OTHERS))
LOSSES = {
    "mean_squared_error": "mean((a − y)²)",
    "half_mean_squared_error": "½ (a − y)²",
    "mean_absolute_error": "mean(|a − y|)",
    "huber": "q (|a − y| − q/2),  q = min(|a − y|, δ)",
    "quantile": "max(q (y − a), (q − 1) (y − a))",
    "binary_crossentropy": "−y log(a) − (1 − y) log(1 − a)",
    "categorical_crossentropy": "−Σ_k y_k log(a_k)",
    "sparse_categorical_crossentropy": "−log(a_y)",
}
LINEAR = {"type": "linear"}
SCALING = {"gamma": "∂J/∂a · (x − mean) / √(variance + ε)", "beta": "∂J/∂a, summed"}


def nodes_of(
    model: Sequential, layers: list[dict[str, Any]], loss: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Each node from left to right: its name and formula, and how its derivative comes about.

    `layer` is the place of its layer, and `key` says which of that layer's numbers it is. Behind
    the layers stands `J`.
    """
    found = list[dict[str, Any]]()
    before = "x"
    for place, layer in enumerate(layers):
        if layer["type"] in PASSING:
            continue
        own = [dict(node, layer=place) for node in nodes_of_layer(layer, before)]
        arrays = [
            name for name in ("kernel", "bias", "gamma", "beta") if name_in(model, layer, name)
        ]
        slopes = {"kernel": f"∂J/∂c · {before}", "bias": "∂J/∂z, summed over places", **SCALING}
        found += [
            {
                "name": f"{layer['name']}/{name}",
                "key": name,
                "how": "a parameter",
                "back": slopes[name],
                "layer": place,
            }
            for name in arrays
            if layer["first"]
        ]
        found += own
        before = f"{layer['name']}/a"
    how = LOSSES[loss["type"]]
    if loss.get("from_logits"):
        how += ",  a = " + ("sigmoid(z)" if loss["type"] == "binary_crossentropy" else "softmax(z)")
    if any(layer["penalties"] for layer in layers):
        how += ", and what the regularizers add"
    found.append({"name": "J", "key": "J", "how": how, "back": "1", "layer": -1})
    return found


def nodes_of_layer(layer: dict[str, Any], before: str) -> Iterator[dict[str, Any]]:
    """What a layer computes on its way to `a`, from the values called `before`."""
    name, kind = layer["name"], layer["type"]
    linear = layer.get("activation", LINEAR) == LINEAR
    if kind in PRODUCTS:
        product = f"w · {before}" if kind == "dense" else f"w · windows of {before}"
        if not layer["use_bias"]:
            sums = product
        else:
            after = "∂J/∂a, as a = c + b" if linear else "∂J/∂z, as z = c + b"
            yield {"name": f"{name}/c", "key": "c", "how": product, "back": after}
            sums = "c + b"
        if not linear:
            yield {"name": f"{name}/z", "key": "z", "how": sums, "back": "∂J/∂a · g′(z)"}
            sums = "g(z)"
        yield {"name": f"{name}/a", "key": "a", "how": sums, "back": BACK}
        return
    formulas = {
        "activation": f"g({before})",
        "batch_normalization": f"γ ({before} − mean) / √(variance + ε) + β",
        "layer_normalization": f"γ ({before} − mean) / √(variance + ε) + β",
    }
    greatest = "the greatest" if kind.startswith("max") else "the mean"
    how = formulas.get(kind, f"{greatest} of each window of {before}")
    yield {"name": f"{name}/a", "key": "a", "how": how, "back": BACK}


BACK = "the sum over all that it goes into"


def name_in(model: Sequential, layer: dict[str, Any], name: str) -> bool:
    """Whether a layer has an array of that name."""
    return f"{layer['name']}/{name}" in model.layout.parameters
