"""A comparison as tables: one row for each score, for pandas, and what a paper shows, for LaTeX."""

__all__ = ["frame_of", "latex_of"]

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from qgan.compare.comparison import Compared
from qgan.compare.contests import Finding
from qgan.compare.curves import band
from qgan.compare.rescoring import Rescored
from qgan.compare.results import Result, Yardsticks
from qgan.compare.standings import Standings, standings
from qgan.compare.verdict import RULE
from qgan.errors import BackendError
from qgan.metrics.score import Score

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("recipe", "model", "group", "seed", "metric", "value", "floor", "trivial", "skill", "state", "step")
TYPES = {"seed": "int64", "value": "float64", "floor": "float64", "trivial": "float64", "skill": "float64"}
NOTHING = "--"

# What TeX reads otherwise than it is written.
ESCAPES = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    **{character: f"\\{character}" for character in "&%$#_{}"},
}


def frame_of(recipes: Sequence[Compared]) -> "pd.DataFrame":
    """One row for each recipe, model, seed and metric of which there is a result: tidy data.

    Returns:
        The columns of :data:`COLUMNS`. ``value`` is NaN where a run failed or diverged (``state`` says so) or a metric
        could not be computed; tests put such seeds at ``trivial``. ``skill`` is ``(trivial - value) / (trivial -
        floor)``, NaN where there is no value or the trivial one is no worse than the floor. ``state`` and ``step``
        are missing for what nothing trained.

    Raises:
        BackendError: If pandas is not installed.
    """
    try:
        import pandas as pd
    except ImportError as error:
        raise BackendError(
            "Frames need pandas, which is not installed", got=error, cure="Install it with: pip install 'qgan[frames]'"
        ) from error
    rows = [row for compared in recipes for row in _rows(compared)]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({**TYPES, "step": "Int64"})


def latex_of(recipes: Sequence[Compared]) -> str:
    """One table for each recipe, to be set with LaTeX's package booktabs.

    Rows are models; columns the median of the primary metric with its bootstrap interval, the mean paired difference of
    the subject with the interval that inverts the sign-flip test, p, the difference that as many seeds would have told
    from 0 in 80 of 100 repetitions, and the number of trained parameters. A model that
    lacks seeds has none of these yet. The caption says what was measured, over how many seeds, and what was corrected.
    """
    return "\n".join(_table(compared, standings(compared)) for compared in recipes)


def _rows(compared: Compared) -> Iterator[tuple[Any, ...]]:
    for model, results in compared.results.items():
        for result in results.values():
            yield from _scores(compared, model, compared.entry(model).group, result, result.state, result.step)
    for name, scores in compared.rescored.items():
        for score in scores.values():
            yield from _scores(compared, name, score.group, score, None, None)


def _scores(
    compared: Compared, name: str, group: str, scored: Result | Rescored, state: str | None, step: int | None
) -> Iterator[tuple[Any, ...]]:
    for metric, value in scored.values.items():
        known = _yardstick(compared.yardsticks.get(scored.seed), metric)
        floor, trivial = (None, None) if known is None else (known.floor, known.trivial)
        skill = None if known is None else known.skill_of(value)
        yield compared.recipe, name, group, scored.seed, metric, value, floor, trivial, skill, state, step


def _yardstick(yardsticks: Yardsticks | None, metric: str) -> Score | None:
    return None if yardsticks is None else yardsticks.scores.get(metric)


def _table(compared: Compared, stand: Standings) -> str:
    findings = _findings(stand, compared.claim.metric)
    groups = [
        [(entry.name, entry.parameters) for entry in compared.book.entries if entry.group == group]
        for group in ("subject", "matched", "ladder", "control")
    ]
    groups.append([(name, None) for name in compared.rescored])
    blocks = [
        "".join(_row(compared, name, parameters, findings.get(name)) for name, parameters in group)
        for group in groups
        if group
    ]
    return "\n".join(
        [
            r"\begin{table}",
            r"\centering",
            rf"\caption{{{_caption(compared, stand)}}}",
            rf"\label{{tab:{re.sub('[^A-Za-z0-9-]', '-', compared.recipe)}}}",
            r"\begin{tabular}{lrrrrr}",
            r"\toprule",
            rf"Model & {_text(compared.claim.metric)} & Difference & $p$ & Detectable & Parameters \\",
            r"\midrule",
            "\\midrule\n".join(blocks) + r"\bottomrule",
            r"\end{tabular}",
            r"\end{table}",
            "",
        ]
    )


def _findings(stand: Standings, metric: str) -> dict[str, Finding]:
    """By opponent, on the primary metric; that of a rung is uncorrected."""
    rungs = {} if stand.ladder is None else {rung.model: rung.verdict.finding for rung in stand.ladder.rungs}
    if stand.judgement is None:
        return rungs
    verdicts = [stand.judgement.primary, *stand.judgement.secondary]
    held = {each.finding.contest.opponent: each.finding for each in verdicts if each.finding.contest.metric == metric}
    return rungs | held


def _row(compared: Compared, name: str, parameters: int | None, finding: Finding | None) -> str:
    cells = [
        _text(name) + (r"$^\dagger$" if name == compared.opponent else ""),
        _median(compared, name),
        NOTHING if finding is None else _with_interval(finding.plain.mean, *_ends(finding)),
        NOTHING if finding is None or finding.plain.n < RULE.say_from else _number(finding.p),
        NOTHING if finding is None or finding.corrected.detectable is None else _number(finding.corrected.detectable),
        NOTHING if parameters is None else f"${parameters}$",
    ]
    return " & ".join(cells) + " \\\\\n"


def _ends(finding: Finding) -> tuple[float | None, float | None]:
    return finding.plain.interval.low, finding.plain.interval.high


def _median(compared: Compared, name: str) -> str:
    """In the metric's own direction; failed and diverged seeds count at the trivial value."""
    metric = compared.claim.metric
    losses = compared.losses(name, metric)
    if len(losses) != len(compared.seeds):
        return NOTHING
    sign = 1 if next(iter(compared.yardsticks.values())).scores[metric].direction == "lower" else -1
    found = band([sign * loss for loss in losses.values()])
    return _with_interval(found.values[0], found.low[0], found.high[0])


def _with_interval(middle: float, low: float | None, high: float | None) -> str:
    ends = "" if low is None or high is None else f" [{_number(low)}, {_number(high)}]"
    return _number(middle) + ends


def _caption(compared: Compared, stand: Standings) -> str:
    claim, level = compared.claim, f"{100 * (1 - RULE.alpha):.4g}\\,\\%"
    parts = [
        f"{_text(compared.recipe)}: median of {_text(claim.metric)} and mean paired difference, the subject's minus "
        f"the model's (negative in favour of the subject), over $n = {len(compared.seeds)}$ seeds, with intervals of "
        f"{level} for each row by itself."
    ]
    if stand.judgement is None:
        parts.append(f"No claim: {_text(str(stand.why_not))}.")
    else:
        parts.append(f"$^\\dagger$Primary opponent, whose $p$ stands by itself; {_corrected(stand)}.")
        parts.append(r"Detectable: what as many seeds tell apart 4 times in 5, corrected as $p$ is.")
    if stand.ladder is not None:
        parts.append("Sizes of the ladder are tested in their order, from the smallest, until the first not beaten.")
    if compared.origin is not None and compared.origin.words is not None:
        parts.append(f"Not as first declared: {_text(compared.origin.words)}.")
    if not compared.tuned:
        parts.append("Untuned: no claim.")
    return " ".join(parts)


def _corrected(stand: Standings) -> str:
    secondary = () if stand.judgement is None else stand.judgement.secondary
    if not secondary:
        return "there are no others"
    return f"those of the others are corrected for {len(secondary)} comparisons (Holm)"


def _number(value: float) -> str:
    """Three digits, in TeX's mathematics."""
    digits, _, power = f"{value:.3g}".partition("e")
    return f"${digits} \\times 10^{{{int(power)}}}$" if power else f"${digits}$"


def _text(words: str) -> str:
    """Words that are set as they are written; what is no character to set is left out."""
    line = " ".join(words.split())
    return "".join(ESCAPES.get(character, character) for character in line if character.isprintable())
