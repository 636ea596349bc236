"""The statistics of gradients with shots: what is unbiased passes, what is biased is found, and the rule is kept."""

from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

import numpy as np
import pytest
import torch

from benchmarks import hardware_gradients
from benchmarks.bias import Bias, bias_of, together
from benchmarks.estimators import CASES, Gradients
from benchmarks.evidence import ROOT, Workplace
from benchmarks.hardware_gradients import Row, smallest_shots
from qgan.backends import gradients as rules
from qgan.files import read_json
from qgan.losses import NonSaturating
from qgan.samples import Draw
from qgan.seeding import Key

TRUTH = np.array([1.0, -2.0, 3.0, 0.0])
SIZE = float(np.linalg.norm(TRUTH))


def estimates(shift: float = 0.0, *, draws: int = 500, seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(0, [0.5, 1.0, 0.1, 0.0], (draws, 4))
    return TRUTH + noise + np.array([shift, 0, 0, 0])


def test_unbiased_estimates_pass_together_and_a_bias_of_some_is_found() -> None:
    fair = [bias_of(estimates(seed=seed), TRUTH) for seed in range(100)]
    joint = together(fair)
    assert joint.holds
    assert joint.elements == 300  # one of four has no noise
    assert joint.expected == pytest.approx(300 * 0.0027, rel=0.01)
    # A tenth of a standard deviation, in one element of four: two standard errors, in no cell beyond doubt.
    lopsided = together([bias_of(estimates(0.05, seed=seed), TRUTH) for seed in range(100)])
    assert not lopsided.holds
    assert lopsided.fisher < 1e-6
    one = together([*fair[1:], bias_of(estimates(0.2), TRUTH)])
    assert not one.holds
    assert one.smallest < 1e-6


def test_p_values_of_unbiased_estimates_are_uniform() -> None:
    values = np.sort([bias_of(estimates(seed=seed, draws=50), TRUTH).p for seed in range(400)])
    # Kolmogorov's distance is beyond 0.0815 once in a hundred times.
    assert np.abs(values - (np.arange(400) + 0.5) / 400).max() < 0.0815


def test_a_bias_is_measured_without_its_noise_and_bounded_from_above() -> None:
    found = [bias_of(estimates(1.0, seed=seed, draws=100), TRUTH) for seed in range(200)]
    assert np.mean([each.bias for each in found]) == pytest.approx(1 / SIZE, rel=0.02)
    assert np.mean([each.most > 1 / SIZE for each in found]) > 0.9
    none = [bias_of(estimates(seed=seed, draws=100), TRUTH) for seed in range(200)]
    assert np.mean([each.bias == 0 for each in none]) > 0.4
    assert np.mean([each.most / each.noise for each in none]) < 2
    assert none[0].spread == pytest.approx(np.sqrt(0.25 + 1 + 0.01) / SIZE, rel=0.2)


def test_what_is_off_without_any_noise_is_never_by_chance() -> None:
    wrong = estimates() + np.array([0, 0, 0, 0.01])
    assert bias_of(wrong, TRUTH).p == 0
    assert bias_of(np.tile(TRUTH, (5, 1)), TRUTH).p == 1


def rows(most: dict[int, float], case: str = "amplitude") -> list[Row]:
    return [
        Row("style", case, "parameter-shift", shots, 2.0, Bias(9, 0.0, value, 0.0, 1.0, 1.0, 0.5, 0, 3))
        for shots, value in most.items()
    ]


def test_the_smallest_shots_are_those_from_which_on_all_are_within_bounds() -> None:
    sweep = (4, 16, 64)

    def found(some: list[Row], of: Callable[[Sequence[float]], float] = median) -> int | None:
        return smallest_shots(some, "amplitude", of=of, sweep=sweep)

    assert found(rows({4: 0.2, 16: 0.09, 64: 0.01})) == 16
    assert found(rows({4: 0.01, 16: 0.2, 64: 0.01})) == 64
    assert found(rows({4: 0.01, 16: 0.01, 64: 0.2})) is None
    three = [row for most in (0.01, 0.05, 0.2) for row in rows({4: 10 * most, 16: most, 64: most / 10})]
    assert (found(three), found(three, max)) == (16, 64)
    assert found([*three, *rows({64: 0.9}, "patch, sum")]) == 16


def test_every_read_out_of_a_kind_has_to_be_within_bounds() -> None:
    both = [*rows({4: 0.01, 16: 0.01}, "patch, sum"), *rows({4: 0.2, 16: 0.05}, "patch, maximum")]
    assert smallest_shots(both, "patch", of=max, sweep=(4, 16)) == 16


@pytest.mark.parametrize("shots", [None, 20])
@pytest.mark.parametrize("case", ["Born, distribution", "Born, distribution, 6 of 8"])
@pytest.mark.parametrize("circuit", ["style", "zoufal"])
def test_the_gradient_of_a_draw_is_the_one_that_the_generator_gives(circuit: str, case: str, shots: int | None) -> None:
    """A Born machine mixes the rows of a batch, and those of a draw are cut out of it."""
    made, key = Gradients(circuit, CASES[case], shots=shots), Key(0, "one")
    (found,) = made.draw(1, key)
    generator = made.generator
    samples = generator(Draw(made.latent, None, key))
    cost = NonSaturating().generator(fake=made.discriminator(samples.values), fake_weights=samples.weights)
    slopes = torch.autograd.grad(cost, list(generator.weights.values()))
    np.testing.assert_allclose(found, torch.cat([slope.ravel() for slope in slopes]), atol=1e-6)
    if shots is None:
        np.testing.assert_allclose(made.draw(3, key), np.tile(found, (3, 1)), atol=1e-6)


def test_a_rule_that_is_wrong_by_a_little_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    case = CASES["Born, distribution"]
    exact = Gradients.exact("hardware-efficient", case)
    right = bias_of(Gradients("hardware-efficient", case, shots=64).draw(2000, Key(0, "right")), exact)
    assert together([right]).holds
    real = rules._terms

    def wrong(frequencies: tuple[float, ...]) -> list[tuple[float, float]]:
        return [(0.97 * coefficient, shift) for coefficient, shift in real(frequencies)]

    monkeypatch.setattr(rules, "_terms", wrong)
    found = bias_of(Gradients("hardware-efficient", case, shots=64).draw(2000, Key(0, "right")), exact)
    assert not together([found]).holds
    assert found.bias == pytest.approx(0.03, abs=0.01)


def test_the_measurement_runs_and_says_what_it_found(tmp_path: Path) -> None:
    figure = hardware_gradients.measure(Workplace(work=tmp_path, out=tmp_path, quick=True))
    assert set(figure.results["smallest_shots"]) == {case.kind for case in CASES.values()}
    assert max(figure.results["aer"][name] for name in ("parameter-shift", "spsa")) < 1e-6
    assert "Unbiased, as it should be, holds." in figure.body
    methods = {row["method"]: row["circuits"] for row in figure.results["rows"]}
    assert methods["SPSA, h = 0.3, 4 direction(s)"] == 8
    assert methods["SPSA, h = 0.1, 1 direction(s)"] == 2
    # Three weights, two circuits each.
    assert methods["parameter-shift"] == 6


def test_the_committed_table_follows_from_the_committed_rows() -> None:
    results = read_json(ROOT / "evidence" / "hardware" / "gradients.json")["results"]
    all_rows = [Row(**{**row, "found": Bias(**row["found"])}) for row in results["rows"]]
    shifts = [row for row in all_rows if row.method == "parameter-shift"]
    for name, of in (("every_circuit", max), ("median_circuit", median)):
        assert {kind: smallest_shots(shifts, kind, of=of) for kind in results[name]} == results[name]
    for kind, smallest in results["smallest_shots"].items():
        assert smallest == (results["every_circuit"][kind] or results["median_circuit"][kind])
    fair = [row.found for row in shifts if row.case in hardware_gradients.UNBIASED]
    assert together(fair)._asdict() == pytest.approx(results["together"])
    assert together(fair).holds
