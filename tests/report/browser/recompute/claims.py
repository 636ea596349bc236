"""What may be said of a recipe's differences, and in which words and numbers."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean

from exact import ALPHA, SAY_FROM, detectable, equivalence, holm, interval, inverted, sign_flips
from records import Records

CLAIM_FROM = 10
# Those that stand by themselves: not parts of names.
NUMBER = re.compile(r"(?<![\w.-])-?\d+(?:\.\d+)?(?:e[+-]?\d+)?(?!\w)")
SAYS = {
    "better": "subject is better than {}",
    "worse": "subject is worse than {}",
    "equivalent": "subject and {} are equivalent within {}",
    "not told apart": "subject and {} are not told apart",
    "no claim": "no claim about subject and {}",
}

# Metric and opponent.
Pair = tuple[str, str]


@dataclass(frozen=True)
class Said:
    """Of one contest."""

    differences: list[float]
    p: float
    margin: float | None
    within: float | None
    detectable: float | None
    kind: str
    standing: str
    reasons: list[str]

    @property
    def row(self) -> dict[str, float | None]:
        """As tables have it."""
        p = self.p if len(self.differences) >= SAY_FROM else None
        return interval(self.differences) | {"p": p, "detectable": self.detectable}

    @property
    def verdict(self) -> str:
        """As tables say it."""
        return self.kind if self.standing in ("primary", "secondary", "none") else f"{self.kind} ({self.standing})"


class Claims(Records):
    """Contests, the ladder, and the sentence of the verdict."""

    @cached_property
    def contests(self) -> dict[Pair, Said]:
        """The primary one first."""
        leading = self.differences(self.metric, self.opponent) if self.opponent else None
        if leading is None:
            return {}
        first = (self.metric, self.opponent)
        steps = {each["name"] for each in self.entries if each["group"] == "ladder"}
        rescored = [name for name, there in self.rescored.items() if next(iter(there.values()))["group"] != "guide"]
        others = [each["name"] for each in self.trained if each["name"] not in steps] + rescored
        asked = [(self.metric, name) for name in others if name not in ("subject", self.opponent)]
        asked += [(metric, self.opponent) for metric in self.metrics if metric != self.metric]
        held = {key: found for key in asked if (found := self.differences(*key)) is not None}
        primary = self._judged({first: leading}, "primary")
        apart = primary[first].standing == "primary" and primary[first].kind in ("better", "worse")
        return primary | self._judged(held, "secondary" if apart else "exploratory")

    @cached_property
    def ladder(self) -> list[tuple[str, int, Said]]:
        sizes = sorted(
            (each["parameters"] or 0, each["name"])
            for each in self.trained
            if each["group"] == "ladder" or each["name"] == self.family
        )
        held = [(name, size, self.differences(self.metric, name)) for size, name in sizes]
        if len(held) < 2 or not self.contests or any(found is None for _, _, found in held):
            return []
        pairs = [(name, size, (self.metric, name), found) for name, size, found in held if found is not None]
        return [(name, size, self._judged({pair: found}, "primary")[pair]) for name, size, pair, found in pairs]

    @property
    def headline(self) -> tuple[int, str] | None:
        """Size and name of the smallest that the subject is not better than, if anything is said of it."""
        size, name, said = next(((size, name, s) for name, size, s in self.ladder if s.kind != "better"), (0, "", None))
        return (size, name) if said and said.kind != "no claim" else None

    def difference(self, metric: str, model: str) -> dict[str, float | None]:
        said = self.contests.get((metric, model))
        return {} if said is None else said.row

    def hopeless(self) -> dict[str, float]:
        """Of secondary contests, where no data could tell one apart."""
        tests, n = len(self.contests) - 1, len(self.seeds)
        fewest = next(each for each in range(1, 17) if 2 * tests / 2**each <= ALPHA)
        if tests < 1 or not SAY_FROM <= n < fewest:
            return {}
        found = {"tests": tests, "seeds": n, "p": min(tests * 2 / 2**n, 1.0), "fewest": fewest}
        return {f"hopeless-{name}": value for name, value in found.items()}

    def sentence(self) -> tuple[str, str]:
        """What is claimed, word for word, and the numbers behind it, in their order."""
        if not self.contests:
            return "No verdict yet.", " ".join([self.metric, *map(str, self.missing())])
        said = self.contests[self.metric, self.opponent]
        n, (low, high) = len(said.differences), inverted(said.differences)
        few = f"Indicative only, with {n} seeds: " if said.standing == "indicative" else ""
        because = f"{'; '.join(said.reasons)}: " if said.reasons else ""
        claim = SAYS[said.kind].format(self.opponent, short(said.margin))
        ends = [] if low is None else [short(low), short(high)]
        within = [] if said.within is None else [short(said.margin), short(said.within)]
        found = [short(said.detectable), "4", "5"]
        if said.detectable is None:
            found = [str(n), short(2 / 2**n), "6"]
        failed = [self.failures("subject"), self.failures(self.opponent)]
        lost = [*map(str, failed), self.opponent] if any(failed) else []
        numbers = [short(fmean(said.differences)), "95", *ends, short(said.p), *within, str(n), self.device()]
        return f"{few}On {self.metric}, {because}{claim}.", " ".join([*numbers, *found, *lost])

    def missing(self) -> list[int]:
        """Seeds that keep the primary contest from being held."""
        there = [self.scores(self.metric, name) for name in ("subject", self.opponent)] if self.opponent else []
        return next((lacking for own in there if (lacking := [s for s in self.seeds if s not in own])), [])

    def device(self) -> str:
        backend = self.entries[0]["document"]["backend"]
        shots = backend.get("shots")
        return f"{backend['name']} {'' if shots is None else shots}"

    def _margin(self, metric: str) -> float | None:
        ways = [self.yardsticks[seed][metric] for seed in self.seeds]
        if any(None in (each["floor"], each["trivial"]) or each["reason"] for each in ways):
            return None
        return self.claim["margin"] * fmean(abs(each["trivial"] - each["floor"]) for each in ways)

    def _judged(self, held: Mapping[Pair, list[float]], standing: str) -> dict[Pair, Said]:
        margins = {key: margin for key in held if (margin := self._margin(key[0])) is not None}
        corrected, levels = holm({key: sign_flips(found) for key, found in held.items()})
        within, _ = holm({key: equivalence(held[key], margin) for key, margin in margins.items()})
        said = {}
        for key, found in held.items():
            kind, reasons = self._said(key[1], found, corrected[key], within.get(key))
            stands = "none" if reasons else "indicative" if len(found) < CLAIM_FROM else standing
            seen = detectable(found, levels[key])
            said[key] = Said(found, corrected[key], margins.get(key), within.get(key), seen, kind, stands, reasons)
        return said

    def _said(self, model: str, found: list[float], p: float, within: float | None) -> tuple[str, list[str]]:
        """The kind, and why nothing may be claimed."""
        more = self.failures("subject") - self.failures(model)
        kind = "not told apart"
        if within is not None and within <= ALPHA:
            kind = "equivalent"
        elif p <= ALPHA:
            kind = "better" if fmean(found) < 0 else "worse"
        reasons = [] if self.tuned else ["untuned"]
        if len(found) < SAY_FROM:
            reasons.append(f"{len(found)} seeds, of {SAY_FROM} at least")
        if (kind == "better" and more > 0) or (kind == "worse" and more < 0):
            reasons.append("the model with the better scores failed more often")
        if kind == "equivalent" and more:
            reasons.append("one of both failed more often")
        return ("no claim" if reasons else kind), reasons


def short(value: float | None) -> str:
    return "-" if value is None else f"{value:.3g}"
