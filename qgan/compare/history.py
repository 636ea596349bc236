"""What was declared at first, and what it was amended to: told wherever a claim is."""

__all__ = ["Change", "Origin", "changed_keys", "origin_of"]

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, final

from qgan.compare.declaration import Claim, Declaration, Declared


@final
@dataclass(frozen=True)
class Change:
    """Something that carries a claim, or decides on it, is no longer what it was.

    Attributes:
        key: Which: of the claim, or of the declaration.
        was: As it was declared first.
        now: What holds.
        at: When it became that, in UTC.
        runs: How many there were then.
    """

    key: str
    was: Any
    now: Any
    at: str
    runs: int

    @property
    def words(self) -> str:
        """As part of a sentence."""
        return f"{self.key}: {said(self.was)}, amended to {said(self.now)} when there were {self.runs} runs"


@final
@dataclass(frozen=True)
class Origin:
    """The first declaration of a recipe's claim.

    Attributes:
        at: When, in UTC.
        runs: How many there were then, 0 unless the recipe came with an amendment.
        claim: What should carry it.
        changes: Since, in all.
    """

    at: str
    runs: int
    claim: Claim
    changes: tuple[Change, ...]

    @property
    def words(self) -> str | None:
        """What readers have to know of it; None where it holds as it was declared first."""
        late = [f"the recipe was declared when there were {self.runs} runs"] if self.runs else []
        return "; ".join([*late, *(change.words for change in self.changes)]) or None


def origin_of(declared: Declared, recipe: str) -> Origin:
    """Of a recipe that is declared now.

    The best of the matched families depends on which there are: where it is the opponent, baselines decide on a claim.
    """
    every = [
        (declared.at, 0, declared.first),
        *((each.at, each.runs, each.declaration) for each in declared.amendments),
    ]
    states = [(at, runs, _decisive(stated, recipe)) for at, runs, stated in every if recipe in stated.claims]
    (at, runs, first), (_, _, last) = states[0], states[-1]
    keys = [key for key in first if first[key] != last[key]]
    if "matched" not in (first["opponent"], last["opponent"]):
        keys = [key for key in keys if key != "baselines"]
    since = {key: (at, runs) for (*_, old), (at, runs, new) in pairwise(states) for key in keys if old[key] != new[key]}
    claim = next(stated for *_, stated in every if recipe in stated.claims).claims[recipe]
    return Origin(at, runs, claim, tuple(Change(key, first[key], last[key], *since[key]) for key in keys))


def changed_keys(declared: Declared) -> list[list[tuple[str, Any, Any]]]:
    """For each amendment the dotted keys of the declaration that it changed, what they were, and what they became."""
    documents = [declared.first.document(), *(each.declaration.document() for each in declared.amendments)]
    return [sorted(_changed(old, new), key=lambda each: each[0]) for old, new in pairwise(documents)]


def said(value: Any) -> str:
    """A value of a declaration in words."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key} = {said(each)}" for key, each in value.items()) or "nothing"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(said, value)) or "none"
    return "nothing" if value is None else str(value)


def _decisive(stated: Declaration, recipe: str) -> dict[str, Any]:
    return {**stated.claims[recipe].model_dump(), "seeds": stated.seeds, "baselines": stated.baselines}


def _changed(old: Mapping[str, Any], new: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any, Any]]:
    for key in {*old, *new}:
        was, now = old.get(key), new.get(key)
        if isinstance(was, Mapping) and isinstance(now, Mapping):
            yield from _changed(was, now, f"{path}{key}.")
        elif was != now:
            yield f"{path}{key}", was, now
