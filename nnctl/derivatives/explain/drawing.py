"""Which values of a recorded step are the nodes of its computation graph, and what they are called.

A node is an operation as the course draws it. What repeats numbers as they are (views, the mean of
one number) is no node; a function with a derivative rule of its own (ReLU, softmax, a loss on
logits) is one; a factor belongs to the node that it scales, as in `J = ½·d²`.
"""

from collections import Counter
from collections.abc import Sequence

from nnctl.graph import Name, Value
from nnctl.graph.gradients import GivenDerivative
from nnctl.graph.layout import Layout
from nnctl.training.step import Trace

REPEATING = (Name.BROADCAST, Name.COPY, Name.RESHAPE, Name.TRANSPOSE)


class Drawing:
    """The nodes of a recorded step, from left to right.

    `parameters` maps the values of all parameters to their names; `trained` are those that J is
    derived by. `labels` maps each node to its name within its layer, and `names` to its name in the
    graph, which no other node has: `dense_1/z`. In a layer that is the course's letter where there
    is one, else the operation's: `c` is the product of weights and input, `z` is `c` plus bias, `a`
    is the layer's output. Behind the layers `d` is the output less the target, and `J` the loss.
    `loss_name` is what the config calls the loss.
    """

    def __init__(self, traced: Trace, layout: Layout, loss_name: str):
        self.traced = traced
        self.loss_name = loss_name
        lift = traced.graph.lift
        self.parameters = {lift(p): name for name, p in layout.parameters.items()}
        self.trained = [lift(layout.parameters[name]) for name in layout.trainable]
        self.loss = self.behind(traced.loss)
        self._scaled: set[Value] = set()
        self.nodes = self._found()
        self._outputs = {
            node.scope: node for node in self.nodes if node.index <= traced.y_pred.index
        }
        self._penalties = {node.scope: node for node in self.nodes if self._is_penalty(node)}
        self.labels = {node: self._label(node) for node in self.nodes}
        self.names = self._names()

    def behind(self, value: Value) -> Value:
        """The value whose numbers `value` repeats, which may be itself."""
        while value not in self.parameters:
            repeated = repeated_input(value)
            if repeated is None:
                break
            value = repeated
        return value

    def is_mean(self, value: Value) -> bool:
        """Whether it is the sum of n numbers times 1/n, and that sum no node."""
        x = scaled_input(value)
        total = None if x is None else self.behind(x)
        if total is None or total.operation is not Name.SUM or total in self.nodes:
            return False
        return factor_of(value) == total.size / total.inputs[0].size

    def function_of(self, value: Value) -> str:
        """The name of the operation that computes a value.

        Of a function with its own rule it is that function's, of a multiple that of what it scales
        where that is no node.
        """
        x = scaled_input(value)
        if x is not None and self.behind(x) in self._scaled:
            return "mean" if self.is_mean(value) else self.function_of(self.behind(x))
        if not isinstance(value.op, GivenDerivative):
            return value.name
        if self.in_loss(value):
            return self.loss_name
        return value.op.function

    def in_loss(self, value: Value) -> bool:
        """Whether it is computed behind the layers; a layer might be called "loss", too."""
        return value.scope == "loss" and value.index > self.traced.y_pred.index

    def _is_penalty(self, value: Value) -> bool:
        return value.index > self.traced.y_pred.index and not self.in_loss(value)

    def _found(self) -> list[Value]:
        """The nodes, in the order in which they were recorded."""
        readers: Counter[Value] = Counter()
        seen: set[Value] = set()
        pending = [self.loss]
        while pending:
            value = pending.pop()
            if value in seen or value.op is None or value in self.parameters:
                continue
            seen.add(value)
            for x in map(self.behind, operands(value)):
                readers[x] += 1
                pending.append(x)
        changing = self._changing()
        found = {value for value in seen if value in changing and value.kind == "real"}
        for value in found:
            scaled = scaled_input(value)
            x = value if scaled is None else self.behind(scaled)
            if x is not value and readers[x] == 1 and x.scope == value.scope:
                self._scaled.add(x)
        return sorted(found - self._scaled, key=lambda value: value.index)

    def _changing(self) -> set[Value]:
        """The values that depend on the input or a parameter: the others are given, as `y` is."""
        changing = {self.traced.x, *self.parameters}
        for value in self.traced.graph.values[: self.traced.loss.index + 1]:
            if not changing.isdisjoint(value.inputs):
                changing.add(value)
        return changing

    def _label(self, node: Value) -> str:
        """The course's letter for a node, or else its operation's name."""
        if node is self.loss:
            return "J"
        if self.in_loss(node):
            difference = (self.behind(self.traced.y_pred), self.traced.y_true)
            is_d = (
                node.operation is Name.SUBTRACT
                and tuple(map(self.behind, node.inputs)) == difference
            )
            return "d" if is_d else self.function_of(node)
        if node is self._penalties.get(node.scope):
            return "penalty"
        if node is self._outputs.get(node.scope):
            return "a"
        if self._adds_bias(node):
            return "z"
        if any(self._adds_bias(reader, node) for reader in self.nodes):
            return "c"
        if node.operation is Name.MATMUL:
            return "z"
        return self.function_of(node)

    def _adds_bias(self, node: Value, product: Value | None = None) -> bool:
        """Whether it is the sum of a bias and something, or of a bias and that product."""
        cores = [self.behind(x) for x in operands(node)]
        biases = [self.parameters.get(x, "").endswith("/bias") for x in cores]
        return node.operation is Name.ADD and any(biases) and (product is None or product in cores)

    def _names(self) -> dict[Value, str]:
        """A name for each node: the first of several alike has it plain, the second ends in _2."""
        taken: Counter[str] = Counter()
        names: dict[Value, str] = {}
        for node in self.nodes:
            label = self.labels[node]
            bare = label == "J" or (label == "d" and self.in_loss(node))
            name = label if bare else f"{node.scope}/{label}"
            taken[name] += 1
            if taken[name] > 1:
                name, self.labels[node] = (f"{part}_{taken[name]}" for part in (name, label))
            names[node] = name
        return names


def operands(value: Value) -> Sequence[Value]:
    """What a value is a function of: where a rule is given, what that derives by."""
    return value.inputs[1:] if isinstance(value.op, GivenDerivative) else value.inputs


def repeated_input(value: Value) -> Value | None:
    """The input whose numbers a value repeats as they are; None where it computes others."""
    if value.operation in REPEATING:
        return value.inputs[0]
    if value.operation in (Name.SUM, Name.MAX) and value.inputs[0].size == value.size:
        return value.inputs[0]
    x = scaled_input(value)
    return x if x is not None and x.size == value.size and factor_of(value) == 1 else None


def scaled_input(value: Value) -> Value | None:
    """The input that a value is a multiple of, by one number that never changes."""
    if value.operation is not Name.MULTIPLY:
        return None
    left, right = value.inputs
    return right if number_of(left) is not None else left if number_of(right) is not None else None


def factor_of(value: Value) -> float | None:
    """The number that `scaled_input` is multiplied by."""
    numbers = [number for x in value.inputs if (number := number_of(x)) is not None]
    return numbers[0] if scaled_input(value) is not None else None


def number_of(value: Value) -> float | None:
    """The number that a constant holds, maybe repeated."""
    array = value.graph.constants.get(value.inputs[0] if value.is_broadcast else value)
    return None if array is None or array.size != 1 else float(array.item())
