import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from qgan import evaluate
from qgan._registry import Entry, NoOptions
from qgan.build import build
from qgan.config import Evaluate, load
from qgan.data.arrays import from_array
from qgan.data.digits import DigitsOptions, digits
from qgan.errors import ConfigError, DataError
from qgan.evaluate import PartName, References, Score
from qgan.metrics import METRICS, Metric, trivial
from qgan.samples import DataSet, Part, Samples
from qgan.seeding import Key

# What a run measures without being asked for other metrics.
NAMES = Evaluate().metrics


@pytest.fixture(scope="module")
def zeros() -> DataSet:
    return digits(DigitsOptions(), seed=7)


@pytest.fixture(scope="module")
def references(zeros: DataSet) -> References:
    return References(zeros, part="validation", seed=7, metrics=NAMES)


def samples(values: np.ndarray) -> Samples:
    return Samples.uniform(torch.from_numpy(np.ascontiguousarray(values)))


def by_name(scores: list[Score]) -> dict[str, Score]:
    return {score.name: score for score in scores}


def test_every_score_has_its_floor_and_its_trivial_value(references: References) -> None:
    scores = references.score(samples(np.random.default_rng(0).random((40, 8, 8))))
    assert [score.name for score in scores] == list(NAMES)
    for score in scores:
        assert score.value is not None
        assert score.floor_low is not None
        assert score.floor_high is not None
        assert score.floor_low <= score.floor_high
        assert score.trivial_name in ("mean image", "pixel-wise Gaussian")
        assert (score.skill is None) == (score.reason is not None)
        assert json.loads(json.dumps(score.to_json()))["floor"] == score.floor


def test_real_training_data_has_a_skill_near_1_and_falls_in_the_floor(zeros: DataSet, references: References) -> None:
    found = by_name(references.score(samples(zeros.train.values)))
    for name in ("energy-distance", "sliced-wasserstein", "frechet-distance", "recall"):
        score = found[name]
        assert score.skill == pytest.approx(1, abs=0.6)  # one draw; the Gaussian is only 0.006 from the floor of 0.040
    assert found["frechet-distance"].skill == pytest.approx(1, abs=0.25)


def test_the_floor_is_that_of_fresh_real_subsets(zeros: DataSet, references: References) -> None:
    rng = np.random.default_rng(5)
    values = []
    for _ in range(30):
        rows = rng.permutation(len(zeros.train))[: references.n]
        values.append(by_name(references.score(samples(zeros.train.values[rows])))["energy-distance"].value)
    score = by_name(references.score(samples(zeros.train.values)))["energy-distance"]
    error = 4 * np.std(values) / 30**0.5
    assert score.floor == pytest.approx(np.mean(values), abs=error)


def test_the_trivial_value_is_that_of_the_best_guess(references: References) -> None:
    for score in references.yardsticks:
        if score.trivial_name is not None:
            guessed = {name: values[score.name] for name, values in references.guesses.items() if score.name in values}
            best = min if score.direction == "lower" else max
            assert score.trivial == guessed[score.trivial_name] == best(guessed.values())


def test_the_naive_guesses_score_what_they_are_said_to(zeros: DataSet, references: References) -> None:
    mean = np.repeat(zeros.train.values.mean(axis=0)[None], references.n, axis=0)
    found = by_name(references.score(samples(mean)))
    assert found["coverage"].trivial_name == "mean image"
    assert found["coverage"].skill == pytest.approx(0, abs=1e-9)
    assert found["sliced-wasserstein"].trivial_name == "pixel-wise Gaussian"
    assert (found["sliced-wasserstein"].skill or 0) < -1
    for blind in ("precision", "density", "recognised"):
        assert found[blind].skill is None
        assert "mean image scores no worse than real data" in (found[blind].reason or "")


def test_recognition_is_of_digits_only(zeros: DataSet, references: References) -> None:
    assert by_name(references.score(samples(zeros.train.values)))["recognised"].value == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("part", ["validation", "test"])
def test_the_same_seed_gives_the_same_scores_and_no_global_state_is_touched(zeros: DataSet, part: PartName) -> None:
    fake = samples(np.random.default_rng(0).random((80, 8, 8)))
    before = np.random.get_state()[1].copy()  # noqa: NPY002  # pyright: ignore[reportArgumentType]
    names = ["sliced-wasserstein", "recognised"]
    first, again = (References(zeros, part=part, seed=7, metrics=names).score(fake) for _ in range(2))
    other = References(zeros, part=part, seed=8, metrics=names).score(fake)
    assert first == again
    assert first[0].floor != other[0].floor
    np.testing.assert_array_equal(before, np.random.get_state()[1])  # noqa: NPY002  # pyright: ignore[reportArgumentType]


def test_floors_never_hold_the_reference_part_against_itself() -> None:
    # Every row is its own cluster, so only a row of the same part could be at distance 0.
    data = from_array(np.arange(60.0)[:, None] * 100, seed=0)
    for part, others in (("validation", (data.train,)), ("test", (data.train, data.validation))):
        whole = data.validation if part == "validation" else data.test
        for rows in others:
            assert not np.isin(rows.values, whole.values).any()
    assert References(data, part="test", metrics=["energy-distance"]).score(samples(data.test.values))[0].value == 0


def test_unequal_weights_are_drawn_by() -> None:
    data = from_array(np.linspace(0, 1, 40)[:, None], seed=0)
    references = References(data, metrics=["sliced-wasserstein"])
    values = torch.tensor([[0.0]] * 20 + [[100.0]] * 20, dtype=torch.float64)  # more than are compared
    near, far = (
        references.score(Samples(values, weights))[0].value
        for weights in (
            torch.tensor([0.05, 0.0]).repeat_interleave(20),
            torch.tensor([0.0, 0.05]).repeat_interleave(20),
        )
    )
    assert near is not None
    assert near < 1
    assert far is not None
    assert far > 90


def test_fewer_points_than_are_compared_are_drawn_again() -> None:
    data = from_array(np.linspace(0, 1, 40)[:, None], seed=0)
    (score,) = References(data, metrics=["sliced-wasserstein"]).score(samples(data.test.values[:2]))
    assert score.value is not None


def test_weights_that_are_not_finite_are_a_reason(zeros: DataSet) -> None:
    fake = Samples(torch.zeros(3, 8, 8), torch.tensor([0.5, 0.5, torch.nan]))
    (score,) = References(zeros, metrics=["mmd"]).score(fake)
    assert score.value is None
    assert "not finite" in (score.reason or "")


def test_the_number_of_samples_is_capped_and_says_so(zeros: DataSet) -> None:
    whole = References(zeros, part="test", metrics=["mmd"])
    assert (whole.n, whole.capped) == (len(zeros.test), None)
    some = References(zeros, part="test", n=10, metrics=["mmd"])
    assert (some.n, some.capped) == (10, None)
    more = References(zeros, part="test", n=1000, metrics=["mmd"])
    assert more.n == len(zeros.test)
    assert more.capped == f"1000 became {more.n}: the part has {more.n} samples"
    small_rest = from_array(np.random.default_rng(0).normal(size=(40, 2)), seed=0, split=(0.2, 0.2, 0.6))
    assert References(small_rest, part="test", metrics=["mmd"]).n == 8


def test_metrics_that_cannot_be_computed_say_why(zeros: DataSet) -> None:
    unlabelled = replace(zeros, labelled=None)
    found = by_name(References(unlabelled, part="validation", n=5, metrics=NAMES).score(samples(zeros.train.values)))
    assert found["recognised"].value is None
    assert "labels" in (found["recognised"].reason or "")
    assert found["recall"].reason == "recall needs at least 6 samples, got 5"
    assert found["mmd"].value is not None


def test_all_metrics_are_measured_where_no_names_are_given(zeros: DataSet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluate, "RESAMPLES_SMALL", 2)
    monkeypatch.setattr(trivial, "DRAWS", 1)
    scores = References(zeros, part="validation").score(samples(zeros.train.values))
    assert [score.name for score in scores] == list(METRICS)
    found = by_name(scores)
    assert found["cnn-frechet"].value is not None
    assert found["kl"].value is None
    assert found["kl"].reason == "the data are not on a grid"


def test_copies_of_the_training_part_are_found_and_real_samples_are_not_taken_for_them(zeros: DataSet) -> None:
    """Though the floors of other metrics are drawn from the training part."""
    references = References(zeros, part="test", seed=7, metrics=["novelty", "energy-distance"])
    copied, real = (
        by_name(references.score(samples(part.values)))["novelty"] for part in (zeros.train, zeros.validation)
    )
    assert copied.trivial_name == "copies of training samples"
    assert copied.value == copied.trivial == copied.skill == 0
    assert copied.floor == pytest.approx(0.5, abs=0.03)
    assert copied.floor_low is not None
    assert copied.floor_high is not None
    assert real.value is not None
    # Validation is smaller than what is compared, so that it is drawn from with replacement.
    assert copied.floor_low - 0.1 < real.value < copied.floor_high + 0.1


def test_the_best_guess_counts_and_is_named() -> None:
    line = np.random.default_rng(0).exponential(size=(300, 1))
    both = from_array(np.concatenate([line, line + 0.1 * np.random.default_rng(1).normal(size=(300, 1))], 1), seed=0)
    found = by_name(References(both, metrics=["correlation-error", "ks"]).yardsticks)
    assert found["correlation-error"].trivial_name == "moment-matched Gaussian"
    assert found["ks"].trivial_name == "product of marginals"
    # Whose samples have the marginals of real ones, so that nothing can be learned beyond it.
    (score,) = References(both, metrics=["ks"]).score(samples(both.train.values[:90]))
    assert score.skill is None or abs(score.floor - score.trivial) < 0.02  # pyright: ignore[reportOperatorIssue]


def test_labels_count_only_where_asked_for() -> None:
    data = digits(DigitsOptions(classes=(0, 1)), seed=7)
    swapped = Samples.uniform(torch.from_numpy(data.train.values), torch.from_numpy(1 - np.asarray(data.train.labels)))
    plain, conditional = (
        References(data, part="validation", n=30, metrics=["recognised"], conditional=conditional).score(swapped)[0]
        for conditional in (False, True)
    )
    assert plain.value == pytest.approx(1, abs=0.1)
    assert conditional.value == pytest.approx(0, abs=0.1)
    assert conditional.skill is not None


def test_a_metric_of_somebody_else_is_scored_too(zeros: DataSet) -> None:
    def brightness(reference: object, fake: Part) -> float:
        return abs(fake.values.mean() - reference.real.values.mean())  # type: ignore[attr-defined]

    METRICS["brightness"] = Entry(lambda _: Metric("brightness", brightness, "lower", "data units", "none"), NoOptions)
    try:
        (score,) = References(zeros, metrics=["brightness"]).score(samples(np.ones((60, 8, 8))))
    finally:
        del METRICS["brightness"]
    assert score.value == pytest.approx(1 - zeros.test.values.mean())


def test_mistakes_are_refused(zeros: DataSet, references: References) -> None:
    with pytest.raises(ConfigError, match="no metric called 'recal'"):
        References(zeros, metrics=["recal"])
    with pytest.raises(DataError, match="too few samples"):
        References(zeros, n=0)
    none = Samples(torch.zeros(0, 8, 8), torch.zeros(0))
    for fake in (samples(np.zeros((5, 64))), none):
        with pytest.raises(DataError, match="do not fit the data"):
            references.score(fake)


def test_a_shelf_works_out_once_what_runs_share(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    plain = evaluate.References.__init__

    def counted(self: References, *arguments: Any, **given: Any) -> None:
        made.append(given["seed"])
        plain(self, *arguments, **given)

    monkeypatch.setattr(evaluate.References, "__init__", counted)
    experiments = [build(load("bimodal", changes=[("seed", seed)])) for seed in (0, 1, 0, 2, 3, 0)]
    shelf = evaluate.Shelf()
    found = [
        shelf.references(each.data, each.config, part=part, n=50)
        for each in experiments
        for part in ("validation", "test")
    ]
    assert made == [0, 0, 1, 1, 2, 2, 3, 3, 0, 0]
    assert found[0] is found[4]
    assert found[0] is not found[1]
    fake = experiments[0].generator.sample(50, Key(0, "test latent"))
    assert found[0].score(fake) == found[-2].score(fake)
    own = experiments[0].config
    other = own.model_copy(update={"evaluate": own.evaluate.model_copy(update={"metrics": ("ks",)})})
    asked_otherwise = shelf.references(experiments[0].data, other, part="test", n=50)
    assert [score.name for score in asked_otherwise.yardsticks] == ["ks"]
