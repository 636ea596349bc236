"""The table of circuits, open to third parties."""

__all__ = ["Constructor", "Table"]

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from functools import cached_property
from importlib import metadata
from typing import TypeAlias, final

from circuits._checks import refusal
from circuits.circuit import Circuit

# Takes n_wires, layers and entangled as keywords, and what else the circuit has to choose.
Constructor: TypeAlias = Callable[..., Circuit]


@final
class Table(MutableMapping[str, Constructor]):
    """Names and what makes their circuits, built in, put in, or from an entry-point group; what is built in wins.

    Args:
        group: The entry-point group where other distributions offer more of them. One is imported when it is asked for.
        entries: What is built in.
    """

    def __init__(self, group: str, entries: Mapping[str, Constructor]) -> None:
        self._group, self._entries = group, dict(entries)

    @cached_property
    def _offered(self) -> dict[str, metadata.EntryPoint]:
        return {point.name: point for point in metadata.entry_points(group=self._group)}

    def __getitem__(self, name: str) -> Constructor:
        """What makes the circuit of that name.

        Raises:
            KeyError: If there is none.
            ValueError: If it comes from a plugin that fails.
        """
        if name not in self._entries:
            if name not in self._offered:
                raise KeyError(name)
            try:
                self._entries[name] = self._offered[name].load()
            except Exception as error:
                raise refusal(
                    f"The circuit '{name}' comes from the plugin {self._offered[name].value}, which failed to load",
                    got=f"{type(error).__name__}: {error}",
                    allowed="a plugin that can be imported",
                    cure="Repair or uninstall that plugin",
                ) from error
        return self._entries[name]

    def __setitem__(self, name: str, make: Constructor) -> None:
        self._entries[name] = make

    def __delitem__(self, name: str) -> None:
        del self._entries[name]

    def __contains__(self, name: object) -> bool:
        return name in self._entries or name in self._offered

    def __iter__(self) -> Iterator[str]:
        yield from self._entries
        yield from (name for name in self._offered if name not in self._entries)

    def __len__(self) -> int:
        return sum(1 for _ in self)
