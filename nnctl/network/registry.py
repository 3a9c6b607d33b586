"""Named types whose modules are loaded when they are first asked for: a model has few of them."""

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Generic, TypeVar

Kind = TypeVar("Kind")


class Registry(Mapping[str, Kind], Generic[Kind]):
    """Types of a package, by the names that a config knows them by.

    `places` tells where each of them lives: the module in the package, and the name in it, such as
    `pooling.MaxPooling1D`.
    """

    def __init__(self, package: str, places: Mapping[str, str]) -> None:
        self._package, self._places = package, places

    def __getitem__(self, name: str) -> Kind:
        return self._loaded(self._places[name])

    def _loaded(self, place: str) -> Kind:
        module, _, name = place.partition(".")
        made: Kind = getattr(import_module(f"{self._package}.{module}"), name)
        return made

    def __contains__(self, name: object) -> bool:
        return name in self._places

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def name_of(self, made: type) -> str | None:
        """The name of a type, the first if there are several; None of one that is not listed."""
        own = f"{made.__module__}.{made.__qualname__}"
        found = (name for name, place in self._places.items() if f"{self._package}.{place}" == own)
        return next(found, None)

    def exported(self, name: str) -> Kind:
        """What the package has under the name of a type's class; raises `AttributeError`."""
        for place in self._places.values():
            if place.partition(".")[2] == name:
                return self._loaded(place)
        raise AttributeError(f"module '{self._package}' has no attribute '{name}'")
