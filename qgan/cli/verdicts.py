"""What a comparison says, on the terminal and as JSON; the page says it all."""

__all__ = ["document", "tell", "tell_forecast"]

from dataclasses import asdict
from typing import TYPE_CHECKING

from qgan import show
from qgan._typing import Json
from qgan.cli.options import say
from qgan.compare.comparison import Compared, Comparison
from qgan.compare.search import SPACE
from qgan.compare.standings import Ladder, standings

if TYPE_CHECKING:
    from qgan.compare.declaration import Declaration
    from qgan.compare.forecast import Forecast


def document(comparison: Comparison) -> Json:
    """Verdicts, ladder and what was declared; plain values."""
    return {
        "comparison": str(comparison.path),
        "declared": comparison.declared.at,
        "declaration": comparison.declared.current.document(),
        "sha256": comparison.declared.current.sha256(),
        "amendments": len(comparison.declared.amendments),
        "recipes": {compared.recipe: asdict(standings(compared)) for compared in comparison.recipes},
    }


def tell(comparison: Comparison) -> None:
    """A sentence for each recipe, and a table of its models."""
    for compared in comparison.recipes:
        found = standings(compared)
        show.table(compared.recipe, _rows(compared), _caption(compared))
        say(found.judgement.primary.sentence if found.judgement else f"{compared.recipe}: {found.why_not}")
        if found.ladder is not None:
            say(f"The smallest size that the subject was not shown to be better than: {_size(found.ladder)}.")
    if comparison.declared.amendments:
        say(f"What was declared was amended {len(comparison.declared.amendments)} times; the page says how.")


def _size(ladder: Ladder) -> str:
    if ladder.why_not:
        return f"no claim ({'; '.join(ladder.why_not)})"
    size = ladder.headline
    return "none of the ladder" if size is None else f"{size.model}, {size.parameters} parameters"


def _rows(compared: Compared) -> list[Json]:
    from qgan.compare.curves import median

    rows = []
    for entry in compared.book.entries:
        losses = list(compared.losses(entry.name, compared.claim.metric).values())
        sign = 1 if compared.lower_is_better else -1
        rows.append(
            {
                "model": entry.name,
                "parameters": "-" if entry.parameters is None else entry.parameters,
                f"{compared.claim.metric}, median": f"{sign * float(median(losses)):.4g}" if losses else "-",
                "seeds": len(losses),
                "failed": len(compared.failures(entry.name)),
                "left out": entry.left_out or "",
            }
        )
    return rows


def _caption(compared: Compared) -> str:
    searched = [entry.tuning for entry in compared.book.entries if entry.tuning is not None]
    if not searched:
        return "Nothing was tuned"
    seconds = sum(tuning.seconds for tuning in searched)
    trials = f"{searched[0].trials} trials for each of {len(searched)} models"
    return f"Tuned: {trials}, {seconds:.0f} s, over {SPACE.describe()}"


def tell_forecast(declaration: "Declaration", forecast: "Forecast") -> None:
    """A line for each model, and the sums."""
    rows = [
        {
            "recipe": each.recipe,
            "model": each.model,
            "group": each.group,
            "parameters": "-" if each.parameters is None else each.parameters,
            "runs": each.runs,
            "seconds each": f"{each.seconds:.1f}" if each.runs else "-",
            "left out": each.left_out or "",
        }
        for each in forecast.models
    ]
    runs = sum(each.runs for each in forecast.models)
    caption = (
        f"{runs} runs, about {forecast.seconds / 60:.0f} minutes with {forecast.workers} side by side, "
        f"{forecast.bytes / 1e6:.0f} MB. Nothing was written"
    )
    show.table("models", rows, caption)
    for name, claim in declaration.claims.items():
        say(f"{name}: {claim.metric} against {claim.opponent}, equivalent within {claim.margin:g} of trivial - floor.")
    for note in forecast.notes:
        say(note)
