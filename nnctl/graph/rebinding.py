"""Runs of a program that read some of its leaves from other arrays, without a copy of them."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from nnctl.graph.numpy_calls import Array, Call
from nnctl.graph.program import NamedCall, Program
from nnctl.graph.values import Value


def rebound(program: Program, given: Mapping[Value, Array]) -> list[NamedCall]:
    """The calls of a run that reads the `given` leaves elsewhere; most are those of any run."""
    arrays, moved, calls = {**program.arrays, **given}, set(given), list[NamedCall]()
    elsewhere = list(given.values())
    for value, own in program.lowered.items():
        # Results lie where they always do; only views of the leaves' arrays move with them.
        if not moved.isdisjoint(value.reads):
            pairs = zip(own, program.lower(value, arrays), strict=True)
            own = [with_arrays_of(old, new, elsewhere) for old, new in pairs]
            moved |= {value} if value.is_view else set()
        calls += [NamedCall(value, call) for call in own]
    return calls + program.calls[len(program.calls) - len(program.plan.copies) :]


def with_arrays_of(old: Call, new: Call, moved: Sequence[Array]) -> Call:
    """The `new` call with the constants and the room to work in of the `old` one.

    So each of many runs that read different arrays, `moved`, takes no more memory than its calls.
    """
    if not (isinstance(old, partial) and isinstance(new, partial)):
        return new

    def chosen(before: Any, now: Any) -> Any:
        owner = getattr(now, "__self__", now)  # of a bound method such as `ones.dot`
        if not isinstance(owner, np.ndarray) or any(np.may_share_memory(owner, m) for m in moved):
            return now
        return before

    arguments = map(chosen, old.args, new.args)
    return partial(chosen(old.func, new.func), *arguments, **new.keywords)
