"""Tables of named parts, open to third parties."""

__all__ = ["Entry", "NoOptions", "Options", "Table"]

import inspect
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from importlib import metadata
from typing import Any

from pydantic import BaseModel, ConfigDict

from qgan.errors import BackendError, ConfigError, did_you_mean


class Options(BaseModel):
    """The options of one part: frozen, exact types, finite numbers, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class NoOptions(Options):
    """A part that has nothing to choose."""


@dataclass(frozen=True)
class Entry:
    """One line of a table.

    Attributes:
        make: Called with the validated options first, and with whatever its table's kind says after them.
        options: The model that validates the options.
        summary: One line for the listings.
        argument: What stands behind a colon in the name, such as ``"FILE"``; ``make`` is given it as ``argument=``.
            Empty where the name stands alone.
    """

    make: Callable[..., Any]
    options: type[Options] = NoOptions
    summary: str = ""
    argument: str = ""


def _as_entry(value: Any) -> Entry:
    """What a plugin offers: an entry, or a plain class or function that has nothing to choose.

    Raises:
        TypeError: If it is neither.
    """
    if isinstance(value, Entry):
        return value
    if not callable(value):
        raise TypeError(f"{type(value).__name__} is neither a qgan._registry.Entry nor a class nor a function")
    return Entry(value, summary=(inspect.getdoc(value) or "").partition("\n")[0])


class Table(MutableMapping[str, Entry]):
    """Names and their entries, built in or from the entry-point group ``qgan.<kind>s``; what is built in wins.

    Args:
        kind: What an entry is called in messages, for example ``"loss"``.
        group: The entry-point group where other distributions offer more of them.
        entries: What is built in.
    """

    def __init__(self, kind: str, group: str, entries: Mapping[str, Entry]) -> None:
        self.kind, self.group, self._entries = kind, group, dict(entries)

    @cached_property
    def _offered(self) -> dict[str, metadata.EntryPoint]:
        return {point.name: point for point in metadata.entry_points(group=self.group)}

    def __getitem__(self, name: str) -> Entry:
        if name not in self._entries:
            if name not in self._offered:
                raise KeyError(name)
            try:
                self._entries[name] = _as_entry(self._offered[name].load())
            except Exception as error:
                raise BackendError(
                    f"The {self.kind} '{name}' comes from the plugin {self._offered[name].value}, which failed to load",
                    got=f"{type(error).__name__}: {error}",
                    cure="Repair or uninstall that plugin",
                ) from error
        return self._entries[name]

    def __setitem__(self, name: str, entry: Entry | Callable[..., Any]) -> None:
        self._entries[name] = _as_entry(entry)

    def __delitem__(self, name: str) -> None:
        del self._entries[name]

    def __iter__(self) -> Iterator[str]:
        yield from self._entries
        yield from (name for name in self._offered if name not in self._entries)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def lookup(self, name: str) -> Entry:
        """The entry of that name, or of what stands before its colon: ``csv:prices.csv``.

        Raises:
            ConfigError: If there is none, the message names the nearest and all; or if its argument is missing, or one
                too many.
        """
        head, _, argument = name.partition(":")
        known = name if name in self else head
        try:
            entry = self[known]
        except KeyError:
            raise ConfigError(
                f"There is no {self.kind} called '{name}'",
                allowed=", ".join(self._spelled(each) for each in self),
                cure=f"{did_you_mean(head, self)}Use one of these, or load the plugin that has it with --plugin MODULE",
            ) from None
        if known == name and not entry.argument:
            return entry
        if known == name or not argument or not entry.argument:
            raise ConfigError(
                f"The {self.kind} '{known}' {'needs an' if entry.argument else 'takes no'} argument behind a colon",
                got=name,
                allowed=self._spelled(known),
            )
        return replace(entry, make=partial(entry.make, argument=argument))

    def _spelled(self, name: str) -> str:
        # An entry of another distribution is not loaded for a listing.
        entry = self._entries.get(name)
        return f"{name}:{entry.argument}" if entry is not None and entry.argument else name
