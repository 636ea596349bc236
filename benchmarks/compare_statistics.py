"""The statistics of comparisons on scores whose truth is known: how often they are right, and how often they claim."""

__all__ = ["DIFFERENCES", "METRICS", "OPPONENTS", "agree_with_the_rule", "measure", "null_page"]

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import ArrayLike

from benchmarks.evidence import Figure, Workplace, say, table
from qgan._typing import AnyArray, Array, Json
from qgan.compare.contests import Contest
from qgan.compare.flips import SignFlips, flips_of
from qgan.compare.multiple import holm
from qgan.compare.power import detectable_spreads
from qgan.compare.verdict import RULE, judge
from qgan.seeding import Key, stream

SIMULATIONS, QUICK_SIMULATIONS = 2000, 40
# Means of subsets that are held at once.
MEANS = 2**21
METRICS, OPPONENTS, TOGETHER = 8, 10, 0.5
PLANTED = 1.2
# Pages that are also judged one by one by the rule itself.
JUDGED = 25

# Paired differences of mean 0 and standard deviation 1; the skewness of the second is 2.
DIFFERENCES: dict[str, Callable[[np.random.Generator, tuple[int, ...]], Array]] = {
    "normal": lambda random, shape: random.standard_normal(shape),
    "skewed": lambda random, shape: random.standard_exponential(shape) - 1,
}


def measure(place: Workplace) -> Figure:
    """Coverage, false claims, power, and false equivalences."""
    simulations = QUICK_SIMULATIONS if place.quick else SIMULATIONS
    results: Json = {"simulations": simulations, "alpha": RULE.alpha}
    parts = {"coverage": _coverage, "pages": _pages, "power": _power, "equivalence": _equivalence}
    for name, part in parts.items():
        say(f"  {name}")
        results[name] = part(simulations)
    return Figure("Statistics of comparisons on scores whose truth is known", results, _body(results))


def _coverage(simulations: int) -> list[Json]:
    """How often the interval holds the mean, which is 0."""
    rows = []
    for kind in DIFFERENCES:
        for n in (5, 6, 8, 10, 20):
            held, widths = [], []
            for flips in _tests(_draw(kind, "coverage", (simulations, n))):
                low, high = flips.interval(RULE.alpha)
                held.append((low <= 0) & (high >= 0))
                widths.append(high - low)
            width = float(np.median(np.concatenate(widths)))
            rows.append(
                {
                    "differences": kind,
                    "seeds": n,
                    "coverage": _rate(held),
                    "median_width": width if np.isfinite(width) else None,
                }
            )
    return rows


def _pages(simulations: int) -> list[Json]:
    """Whole pages on which nothing differs, and how many of them say that something does.

    Each model's scores are normal, with a correlation of 0.5 between any two metrics; all opponents are compared with
    the same subject, so that differences from two opponents hang together by another half.
    """
    rows = []
    for n in (10, 14):
        p_values = []
        pages = stream(Key(0, "benchmark pages", n))
        differences = np.concatenate([null_page(pages, n) for _ in range(simulations)])
        for flips in _tests(differences):
            p_values.append(flips.p_value())
        p = np.concatenate(p_values).reshape(simulations, METRICS * OPPONENTS)
        primary = p[:, 0] <= RULE.alpha
        secondary = (holm(p[:, 1:], RULE.alpha).adjusted <= RULE.alpha).any(axis=1)
        # A secondary difference is a claim only where the primary one is.
        claims = primary
        agree_with_the_rule(differences.reshape(simulations, -1, n), p, claims)
        rows.append(
            {
                "seeds": n,
                "uncorrected": _rate([(p <= RULE.alpha).any(axis=1)]),
                "rule": _rate([claims]),
                "rule_and_exploratory": _rate([primary | secondary]),
                "holm_over_all": _rate([(holm(p, RULE.alpha).adjusted <= RULE.alpha).any(axis=1)]),
                "most_comparisons": int(RULE.alpha / flips_of(n).smallest_p),
            }
        )
    return rows


def null_page(random: np.random.Generator, n: int) -> Array:
    """Differences of every metric and opponent, shape (metrics * opponents, n)."""
    common = np.sqrt(TOGETHER) * random.standard_normal((OPPONENTS + 1, 1, n))
    scores = common + np.sqrt(1 - TOGETHER) * random.standard_normal((OPPONENTS + 1, METRICS, n))
    return (scores[0] - scores[1:]).reshape(-1, n)


def agree_with_the_rule(pages: Array, p: Array, claims: AnyArray) -> None:
    """Raises unless the verdicts of the first pages are what was counted here."""
    for page, p_values, claimed in zip(pages[:JUDGED], p, claims, strict=False):
        contests = [Contest("metric", "subject", "opponent", tuple(row), "none") for row in page.tolist()]
        judgement = judge(contests[0], contests[1:], tuned=True)
        verdicts = [judgement.primary, *judgement.secondary]
        said = any(each.kind in ("better", "worse") and each.standing != "exploratory" for each in verdicts)
        if said != claimed or not np.allclose([each.finding.plain.p for each in verdicts], p_values, rtol=1e-12):
            raise AssertionError("The rule does not say of a page what is counted of it here")


def _power(simulations: int) -> list[Json]:
    """How often a planted difference in the subject's favour is found, in standard deviations of the difference."""
    rows = []
    for n in (6, 8, 10, 20):
        could = detectable_spreads(n, RULE.alpha)
        for planted, why in ((PLANTED, "planted"), (could, "said to be detectable")):
            if planted is None:
                continue
            found = [
                (flips.p_value() <= RULE.alpha) & (flips.p_less() < flips.p_greater())
                for flips in _tests(_draw("normal", f"power of what is {why}", (simulations, n)) - planted)
            ]
            rows.append({"seeds": n, "planted": planted, "why": why, "found": _rate(found)})
    return rows


def _equivalence(simulations: int) -> list[Json]:
    """How often a mean at the very edge of the margin is called equivalent, and one of 0."""
    rows = []
    for kind in DIFFERENCES:
        for n in (10, 20):
            for margin in (0.5, 1.0, 1.5):
                draws = _draw(kind, "equivalence", (simulations, n))
                row: Json = {"differences": kind, "seeds": n, "margin": margin}
                for where, mean in (("at_upper_edge", margin), ("at_lower_edge", -margin), ("at_zero", 0.0)):
                    called = [
                        np.maximum(flips.p_greater(-margin), flips.p_less(margin)) <= RULE.alpha
                        for flips in _tests(draws + mean)
                    ]
                    row[where] = _rate(called)
                rows.append(row)
    return rows


def _draw(kind: str, purpose: str, shape: tuple[int, ...]) -> Array:
    return DIFFERENCES[kind](stream(Key(0, f"benchmark {purpose} {kind}", shape[-1])), shape)


def _tests(rows: Array) -> Iterator[SignFlips]:
    """Of some rows at a time, shape (rows, n)."""
    at_once = max(MEANS // flips_of(rows.shape[-1]).count, 1)
    for start in range(0, len(rows), at_once):
        yield SignFlips(rows[start : start + at_once])


def _rate(hits: Sequence[ArrayLike]) -> float:
    return float(np.concatenate([np.asarray(part) for part in hits]).mean())


def _percent(rate: float) -> str:
    return f"{rate:.1%}"


def _body(results: Json) -> str:
    count = results["simulations"]
    coverage = [
        (row["differences"], row["seeds"], _percent(row["coverage"]), _width(row["median_width"]))
        for row in results["coverage"]
    ]
    pages = [
        (
            row["seeds"],
            *(_percent(row[key]) for key in ("uncorrected", "holm_over_all", "rule", "rule_and_exploratory")),
            row["most_comparisons"],
        )
        for row in results["pages"]
    ]
    power = [(row["why"], row["seeds"], f"{row['planted']:.2f}", _percent(row["found"])) for row in results["power"]]
    edges = ("at_upper_edge", "at_lower_edge", "at_zero")
    equivalence = [
        (row["differences"], row["seeds"], row["margin"], *(_percent(row[key]) for key in edges))
        for row in results["equivalence"]
    ]
    return "\n\n".join(
        [
            f"{count:,} simulations for each line; one that is right 95 % of the time comes out within "
            f"{_percent(2 * np.sqrt(0.05 * 0.95 / count))} of it. Lengths are in standard deviations of the paired "
            "difference. The tests are compared with SciPy's in `tests/compare`.",
            "## The interval of 95 % holds the mean",
            "Skewed differences are exponential ones (skewness 2). Of normal ones 93 to 97 % at 10 and 20 seeds was "
            "asked for. With 5 seeds no data can be told from 0 at this level: the interval has no ends.",
            table(("differences", "seeds", "held", "median width"), coverage),
            "## A page on which nothing differs says that something does",
            f"{METRICS} metrics, any two with a correlation of {TOGETHER}, and {OPPONENTS} opponents of one subject: "
            f"{METRICS * OPPONENTS} comparisons, one of them primary. *Uncorrected*: any p of 5 % or less. *Holm "
            "over all*: as if none were primary. *The rule*: a claim, of the primary comparison or of a secondary one. "
            "*With exploratory ones*: any line that says better or worse, though the primary comparison told nothing "
            "apart. At most 6.5 % was asked for. *Most comparisons*: with more than that, Holm's correction can reject "
            "nothing with so many seeds, whatever the data.",
            table(
                ("seeds", "uncorrected", "Holm over all", "the rule", "with exploratory ones", "most comparisons"),
                pages,
            ),
            "## A planted difference is found",
            f"Of {PLANTED} standard deviations at 10 seeds at least 80 % was asked for; what is said to be detectable "
            "should be found in 80 %.",
            table(("difference", "seeds", "planted", "found"), power),
            "## A difference at the edge of the margin is called equivalent",
            "At most 6.5 % was asked for. The last column is how often equal models are called equivalent.",
            table(("differences", "seeds", "margin", "upper edge", "lower edge", "no difference"), equivalence),
        ]
    )


def _width(width: float | None) -> str:
    return "no ends" if width is None else f"{width:.2f}"
