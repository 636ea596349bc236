"""Gradients with shots: bias and spread against shots, for every circuit and every way to read it."""

__all__ = ["ALLOWED", "SWEEP", "Row", "measure", "smallest_shots"]

from collections.abc import Callable, Iterable, Sequence
from statistics import median
from typing import NamedTuple

from benchmarks.bias import SIGMAS, Bias, bias_of, together
from benchmarks.estimators import CASES, LATENTS, OUTCOMES, SHARPNESS, WIRES, Gradients, cases_of
from benchmarks.evidence import Figure, Workplace, number, say, table
from circuits import CIRCUITS
from qgan._typing import Array, Json
from qgan.backends.perturbation import Perturbation
from qgan.seeding import Key

SWEEP = (4, 16, 64, 256, 1024, 4096, 16384)
# A share of the gradient's length.
ALLOWED = 0.1
RULE = (
    f"for so many shots and all more, the bias is at most {ALLOWED:.0%} of the gradient, with a confidence of 95 %, on "
    "every circuit; where no number that was tried is enough for that, on the median circuit of every read-out of the "
    "kind"
)
# Draws go on until noise makes the mean err by so much of the gradient's length, within these bounds.
NOISE, PILOT, MOST_DRAWS, QUICK_DRAWS = 0.03, 300, 3000, 40
# In which the theory has no bias.
UNBIASED = ("Born, distribution",)
SPSA_CASES, SPSA_SHOTS = ("Born, distribution", "expectation, Z", "patch, maximum"), (64, 1024)
SPSA = tuple(Perturbation(step, directions) for step in (0.1, 0.3) for directions in (1, 4))
SHIFT = "parameter-shift"


class Row(NamedTuple):
    """One circuit, read in one way, differentiated by one method with so many shots."""

    circuit: str
    case: str
    method: str
    shots: int
    circuits: float
    found: Bias

    def document(self) -> Json:
        """For the JSON file."""
        return {**self._asdict(), "found": self.found._asdict()}


def measure(place: Workplace) -> Figure:
    """The mean over many draws against the exact gradient."""
    circuits = list(CIRCUITS)[:1] if place.quick else list(CIRCUITS)
    sweep = SWEEP[:2] if place.quick else SWEEP
    rows: list[Row] = []
    lengths: Json = {}
    for circuit in circuits:
        for case in cases_of(circuit):
            say(f"gradients: {circuit}, {case}")
            exact = Gradients.exact(circuit, CASES[case])
            lengths[f"{circuit}, {case}"] = {"length": float((exact @ exact) ** 0.5), "weights": len(exact)}
            rows += [_row(circuit, case, exact, shots=shots, quick=place.quick) for shots in sweep]
            if case in SPSA_CASES:
                rows += [
                    _row(circuit, case, exact, shots=shots, spsa=each, quick=place.quick)
                    for shots in SPSA_SHOTS[: 1 if place.quick else None]
                    for each in SPSA
                ]
    shifts = [row for row in rows if row.method == SHIFT]
    every = {kind: smallest_shots(shifts, kind, of=max, sweep=sweep) for kind in _kinds()}
    typical = {kind: smallest_shots(shifts, kind, of=median, sweep=sweep) for kind in _kinds()}
    results: Json = {
        "rule": RULE,
        "every_circuit": every,
        "median_circuit": typical,
        "smallest_shots": {kind: every[kind] or typical[kind] for kind in every},
        "together": together([row.found for row in shifts if row.case in UNBIASED])._asdict(),
        "aer": _on_aer(circuits[0]),
        "gradients": lengths,
        "rows": [row.document() for row in rows],
    }
    return Figure("Gradients with shots: bias and spread", results, _body(results, rows))


def smallest_shots(
    rows: Iterable[Row],
    kind: str,
    *,
    of: Callable[[Sequence[float]], float],
    sweep: Sequence[int] = SWEEP,
) -> int | None:
    """The smallest number of shots from which on the bias is no more than is allowed; None if there is none.

    Args:
        rows: Of the parameter-shift rule.
        kind: A key of :data:`qgan.generators.estimators.ESTIMATORS`; all cases of it have to be within bounds.
        of: What is taken of all circuits of a case.
        sweep: Numbers of shots, rising.
    """
    by_case: dict[tuple[str, int], list[float]] = {}
    for row in rows:
        if CASES[row.case].kind == kind:
            by_case.setdefault((row.case, row.shots), []).append(row.found.most)
    found = None
    for shots in reversed(sweep):
        if max(of(some) for (_, number), some in by_case.items() if number == shots) > ALLOWED:
            break
        found = shots
    return found


def _kinds() -> list[str]:
    return list(dict.fromkeys(case.kind for case in CASES.values()))


def _row(
    circuit: str, case: str, exact: Array, *, shots: int, spsa: Perturbation | None = None, quick: bool = False
) -> Row:
    method = SHIFT if spsa is None else f"SPSA, h = {spsa.step:g}, {spsa.directions} direction(s)"
    made = Gradients(circuit, CASES[case], shots=shots, method="auto" if spsa is None else "spsa", spsa=spsa)
    key = Key(0, f"{circuit}, {case}, {method}, {shots}")
    found = bias_of(made.draw(QUICK_DRAWS if quick else PILOT, key), exact)
    # By how much draws scatter, and not by where their mean is, so that the mean is left as it was.
    if not quick:
        draws = max(PILOT, min(MOST_DRAWS, int((found.spread / NOISE) ** 2)))
        found = bias_of(made.draw(draws, key._replace(step=1)), exact)
    return Row(circuit, case, method, shots, made.circuits_of_a_row, found)


def _on_aer(circuit: str) -> Json:
    """Whether the same seed gives the same estimates there: the largest difference of a few."""
    case, key = CASES["expectation, Z"], Key(0, "aer")
    found: Json = {"circuit": circuit, "case": "expectation, Z", "draws": 5, "shots": 64}
    for name, options in ((SHIFT, {}), ("spsa", {"method": "spsa", "spsa": Perturbation()})):
        ours, theirs = (
            Gradients(circuit, case, shots=64, backend=backend, **options).draw(5, key)
            for backend in ("batched.qubit", "aer")
        )
        found[name] = float(abs(ours - theirs).max())
    return found


def _body(results: Json, rows: Sequence[Row]) -> str:
    shifts, joint, aer = [row for row in rows if row.method == SHIFT], results["together"], results["aer"]
    sweep = sorted({row.shots for row in shifts})
    cases = list(dict.fromkeys(row.case for row in shifts))
    circuits = list(dict.fromkeys(row.circuit for row in rows))

    def of(case: str, shots: int) -> list[Bias]:
        return [row.found for row in shifts if (row.case, row.shots) == (case, shots)]

    def by_shots(cell: str, values: str) -> list[tuple[object, ...]]:
        return [
            (case, *(number({"worst": max, "median": median}[cell](_of(of(case, shots), values)) * 100)
                     for shots in sweep))
            for case in cases
        ]  # fmt: skip

    head = ("read-out", *(f"{shots} shots" for shots in sweep))
    named = [
        (circuit, case, *(number(100 * row.found.bias) for row in shifts if (row.circuit, row.case) == (circuit, case)))
        for case in cases
        for circuit in circuits
        if any((row.circuit, row.case) == (circuit, case) for row in shifts)
    ]
    counted = ("smallest_shots", "every_circuit", "median_circuit")
    smallest = [
        (kind, *(results[name][kind] or f"none up to {sweep[-1]}" for name in counted)) for kind in results[counted[0]]
    ]
    return "\n\n".join(
        [
            f"Every circuit on {WIRES} wires with 1 layer, weights uniform in [-π, π), read as the generators read it, "
            f"and the gradient by all weights of the non-saturating loss of {LATENTS} fixed latents, or of {OUTCOMES} "
            "outcomes that are drawn. The discriminator is the default one, untrained, scaled until its logits vary by "
            f"a standard deviation of {SHARPNESS:g} over evenly distributed samples: a flatter one biases less, a "
            f"sharper one more. {PILOT} to {MOST_DRAWS} draws of the gradient on `batched.qubit` in double precision, "
            f"until noise makes their mean err by {NOISE:.0%}. All lengths are per cent of the exact gradient's, and "
            "biases are without what noise adds to them. The same seed on Aer gives estimates that differ by at most "
            f"{max(aer[SHIFT], aer['spsa']):.1e}.",
            "## Where the theory has no bias",
            f"A distribution on a grid enters the loss linearly. Of {joint['elements']} elements in {joint['cells']} "
            f"cells {joint['beyond']} means are off by more than {SIGMAS:g} standard errors, where "
            f"{joint['expected']:.1f} were expected; so many or more would be with p = {joint['p_beyond']:.2g}. "
            f"Hotelling's test of each cell: all together (Fisher) p = {joint['fisher']:.2g}, the smallest times their "
            f"number p = {joint['smallest']:.2g}. Unbiased, as it should be, "
            f"{'holds' if joint['holds'] else 'DOES NOT HOLD'}.",
            "## Bias by parameter-shift, on the worst circuit",
            table(head, by_shots("worst", "bias")),
            "## On the median circuit",
            table(head, by_shots("median", "bias")),
            "## Spread of one estimate, on the median circuit",
            table(head, by_shots("median", "spread")),
            "## Smallest sensible number of shots",
            f"The rule: {results['rule']}. A run with fewer is warned. What sets apart the circuits that are beyond "
            "all numbers tried was not looked into: kinks of the discriminator and of the brightest pixel, and "
            "post-selection that keeps little, are candidates.",
            table(("estimator", "smallest", "on every circuit", "on the median circuit"), smallest),
            "## Parameter-shift and SPSA",
            "Medians over circuits; circuits are those for each row of angles beside its own. Most of what one "
            "estimate of SPSA is off by is its random direction, and shots do not mend that.",
            table(
                ("read-out, shots", "method", "circuits", "cosine of one estimate", "bias", "noise in it", "spread"),
                _methods(rows),
            ),
            "## Bias by parameter-shift, each circuit",
            table(("circuit", "read-out", *head[1:]), named),
        ]
    )


def _of(found: Sequence[Bias], name: str) -> list[float]:
    return [getattr(each, name) for each in found]


def _methods(rows: Sequence[Row]) -> list[tuple[object, ...]]:
    compared = [row for row in rows if row.case in SPSA_CASES and row.shots in SPSA_SHOTS]
    lines = []
    for case, shots, method in dict.fromkeys((row.case, row.shots, row.method) for row in compared):
        some = [row for row in compared if (row.case, row.shots, row.method) == (case, shots, method)]
        found = [row.found for row in some]
        share = (number(100 * median(_of(found, name))) for name in ("bias", "noise", "spread"))
        circuits = f"{median(row.circuits for row in some):g}"
        lines.append((f"{case}, {shots}", method, circuits, number(median(_of(found, "cosine"))), *share))
    return lines
