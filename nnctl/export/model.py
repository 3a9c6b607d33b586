"""A trained model as an ONNX model: from a row of the table to what `predict` makes of it."""

import json
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import onnx
from onnx import ModelProto, helper

from nnctl.assembly.trained import Trained
from nnctl.export import inputs, layers, outputs, readout
from nnctl.export.activations import write_activation
from nnctl.export.writing import ML, Port, Tensor, Writer
from nnctl.network.layers import Layer
from nnctl.runs.weights import member_name
from nnctl.system.version import __version__
from nnctl.training.sequential import Sequential

ML_OPSET = 3  # of the operators on text, which later versions leave as they are


def write_graph(trained: Trained, opset: int, input_dtype: str | None = None) -> Writer:
    """The graph of everything that `predict` does with a row, for operators of that version.

    `input_dtype` is that of the number inputs; without it, what keeps `predict`'s digits. Raises
    `NnctlError` for what ONNX has no operators for.
    """
    model = trained.model
    preparation = trained.preprocessing
    writer = Writer(model.dtype, opset)
    dtype = input_dtype or inputs.exact_dtype(preparation.inputs)
    x = inputs.write_inputs(writer, preparation.inputs, model.input_shape, dtype)
    temperature = trained.readout.temperature
    found = []
    for number, member in enumerate(trained.members, start=1):
        ahead = member_name(number, "") if len(trained.members) > 1 else ""
        places = member.places if temperature is None else readout.layers_to_logits(member)
        y = through_layers(writer, member, places, x, ahead)
        if temperature is None:
            with writer.named(f"{ahead}outputs"):
                y = write_activation(writer, model.loss.output_activation, y)
        found.append(y)
    with writer.named("outputs"):
        if temperature is not None:
            y = readout.write_corrected(writer, trained, temperature, found)
        else:
            y = mean_of(writer, found)
        outputs.write_outputs(writer, y, trained, found)
    return writer


def through_layers(
    writer: Writer, model: Sequential, places: Sequence[Layer], x: Tensor, ahead: str = ""
) -> Tensor:
    """The output of the model's layers, `places`, for its input; `ahead` is before their names."""
    arrays = model.named_arrays()
    for name, layer, shape in zip(model.layer_names, places, model.shapes, strict=True):
        weights = {p.name: arrays[f"{name}/{p.name}"] for p in layer.parameters}
        with writer.named(f"{ahead}{name}"):
            x = layers.write_layer(writer, layer, x, shape, weights)
    return writer.channels_last(x)


def mean_of(writer: Writer, found: Sequence[Tensor]) -> Tensor:
    """The mean of what the members predict."""
    if len(found) == 1:
        return found[0]
    total = writer.node("Sum", *(each.name for each in found))  # Mean is float32's alone at runtime
    count = writer.constant("members", np.float64(len(found)))
    return replace(found[0], name=writer.node("Div", total, count))


def as_onnx(writer: Writer, trained: Trained) -> ModelProto:
    """The graph as a whole ONNX model, described in words and checked against the standard."""
    graph = helper.make_graph(
        writer.nodes,
        str(trained.config.name),
        [port.as_proto() for port in writer.inputs],
        [port.as_proto() for port in writer.outputs],
        list(writer.constants.values()),
    )
    used = {node.domain for node in writer.nodes}
    versions = {"": writer.opset} | ({ML: ML_OPSET} if ML in used else {})
    imports = [helper.make_opsetid(domain, version) for domain, version in versions.items()]
    made = helper.make_model(
        graph,
        opset_imports=imports,
        ir_version=helper.find_min_ir_version_for(imports),
        producer_name="nnctl",
        producer_version=__version__,
        doc_string=description(writer, trained),
    )
    helper.set_model_props(made, properties(trained))
    onnx.checker.check_model(made, full_check=True)
    return made


def description(writer: Writer, trained: Trained) -> str:
    """What goes in and what comes out, for whoever opens the file."""
    lines = [f"{trained.config.name}, trained by nnctl {__version__}."]
    for title, ports in (("Inputs", writer.inputs), ("Outputs", writer.outputs)):
        lines += ["", f"{title}:", *(f"  {line}" for line in port_lines(ports))]
    return "\n".join(lines)


def port_lines(ports: Sequence[Port]) -> list[str]:
    return [f"{port.name}  {port.type_text}  {port.describes}" for port in ports]


def properties(trained: Trained) -> dict[str, str]:
    """The names behind the numbers, as JSON: columns by their place, targets, classes."""
    preparation = trained.preprocessing
    targets = preparation.targets
    classes = None if targets.classes is None else list(targets.classes.labels)
    values = {
        "features": list(preparation.inputs.names),
        "targets": list(targets.names),
        **({} if classes is None else {"classes": classes}),
    }
    texts = {name: json.dumps(value, ensure_ascii=False) for name, value in values.items()}
    return {"task": targets.task, **texts}
