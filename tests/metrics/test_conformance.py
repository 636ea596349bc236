"""What every metric of the table promises, on every kind of data that it can be computed on."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

from qgan import evaluate
from qgan._registry import NoOptions
from qgan.data.arrays import from_array
from qgan.data.parts import assemble
from qgan.evaluate import References
from qgan.metrics import METRICS, Metric, Reference, trivial, two_sample
from qgan.samples import DataSet, Part, Samples

N = 60
FRESH = 40

Cases = dict[str, Any]


@pytest.fixture(autouse=True)
def _small_forest(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it promises, it promises with any number of trees; its own tests have all of them."""
    monkeypatch.setattr(two_sample, "TREES", 4)


@pytest.fixture(params=METRICS)
def metric(request: pytest.FixtureRequest) -> Metric:
    return METRICS.lookup(request.param).make(NoOptions())


def where(metric: Metric, cases: Cases) -> Iterator[Any]:
    """The data sets that it can be computed on."""
    yield from (case for case in cases.values() if metric.obstacle(case.data, N) is None)


def fresh(case: Any, count: int, seed: int = 5) -> list[Part]:
    random = np.random.default_rng(seed)
    return [case.fresh(random, N) for _ in range(count)]


def shuffled(part: Part, seed: int) -> Part:
    return part.subset(np.random.default_rng(seed).permutation(len(part)))


def repeated(part: Part, row: int) -> Part:
    return part.subset(np.full(N, row))


def worst(metric: Metric, values: list[float]) -> float:
    return max(values) if metric.direction == "lower" else min(values)


def test_it_says_what_it_is(metric: Metric, cases: Cases) -> None:
    assert METRICS[metric.name].make(NoOptions()) is metric
    assert METRICS[metric.name].summary
    assert metric.unit
    assert metric.citation
    assert list(where(metric, cases)), "no data set of the suite can be measured by it: add one to conftest.py"
    for case in cases.values():
        assert metric.obstacle(case.data, N) != ""


def test_equal_samples_score_what_is_perfect_or_better(metric: Metric, cases: Cases) -> None:
    for case in where(metric, cases):
        real = case.data.test
        value = metric.function(case.reference(), Part(real.values.copy(), real.labels))
        assert np.isfinite(value)
        if metric.perfect is not None and value != pytest.approx(metric.perfect, abs=1e-6):
            # As do unbiased estimates, which leave out the pairs of a sample with itself on one side only.
            assert metric.better(value, metric.perfect), case.data.name


def test_order_does_not_matter(metric: Metric, cases: Cases) -> None:
    for case in where(metric, cases):
        (fake,) = fresh(case, 1)
        value = metric.function(case.reference(), fake)
        again = metric.function(Reference(case.data, shuffled(case.data.test, 1)), shuffled(fake, 2))
        assert again == pytest.approx(value, rel=1e-9, abs=1e-9), case.data.name  # sums in another order


def test_it_does_not_matter_how_samples_arrive(metric: Metric, cases: Cases) -> None:
    """In pieces, in another layout, or after others were measured."""
    for case in where(metric, cases):
        fake, other = fresh(case, 2)
        value = metric.function(case.reference(), fake)
        pieces = Part(np.concatenate(np.array_split(fake.values, 7)), fake.labels)
        columns = Part(np.asfortranarray(fake.values), fake.labels)
        used = case.reference()
        for part in (other, pieces, columns, other, fake):
            found = metric.function(used, part)
            if part is not other:
                assert found == pytest.approx(value, rel=1e-9, abs=1e-9), case.data.name


def test_no_repeated_sample_is_better_than_real_ones_unless_it_says_so(metric: Metric, cases: Cases) -> None:
    for case in where(metric, cases):
        reference = case.reference()
        floor = float(np.mean([metric.function(reference, part) for part in fresh(case, 3)]))
        values = [metric.function(reference, repeated(case.data.test, row)) for row in range(0, N, 20)]
        if "collapse" in metric.blind_to:
            assert any(not metric.better(floor, value) for value in values), case.data.name
        else:
            assert all(metric.better(floor, value) for value in values), case.data.name


def test_samples_where_there_are_no_real_ones_are_worse_unless_it_says_so(metric: Metric, cases: Cases) -> None:
    for case in where(metric, cases):
        reference = case.reference()
        parts = fresh(case, 3)
        near, far = ([metric.function(reference, part) for part in some] for some in (parts, map(case.far, parts)))
        if "shift" in metric.blind_to:
            ends = worst(metric, near), worst(metric, far)
            assert ends[0] == pytest.approx(ends[1], rel=1e-9) or metric.better(ends[1], ends[0]), case.data.name
        else:
            assert all(metric.better(worst(metric, near), value) for value in far), case.data.name


def test_what_looks_for_copies_finds_them(metric: Metric, cases: Cases) -> None:
    if not metric.copies:
        # It holds something against a generator, and does not go by the training part.
        assert len(metric.blind_to) < 2
        return
    for case in where(metric, cases):
        reference = case.reference()
        real = worst(metric, [metric.function(reference, part) for part in fresh(case, 3)])
        assert metric.better(real, metric.function(reference, shuffled(case.data.train, 0).subset(np.arange(N))))


def test_the_floor_is_where_fresh_real_samples_score(
    metric: Metric, cases: Cases, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the first data set: within its 5th to 95th percentile lie about nine tenths of them."""
    case = next(where(metric, cases))
    monkeypatch.setattr(evaluate, "RESAMPLES_SMALL", 60)
    monkeypatch.setattr(trivial, "DRAWS", 2)
    (score,) = References(case.data, metrics=[metric.name], seed=1).yardsticks
    assert score.floor_low is not None
    assert score.floor_high is not None
    reference = case.reference()
    values = [metric.function(reference, Part(part.values)) for part in fresh(case, FRESH)]
    slack = 1e-9  # percentiles are interpolated
    inside = [score.floor_low - slack <= value <= score.floor_high + slack for value in values]
    # 0.9, less three standard errors of 40 draws, less what the parts that the floor is drawn from are off.
    assert np.mean(inside) >= 0.7
    assert score.trivial_name
    assert score.skill is None


@pytest.mark.parametrize("real", ["constant", "duplicates"])
@pytest.mark.parametrize("kind", ["points", "grid", "series", "image", "text"])
def test_degenerate_data_and_samples_have_a_finite_value_or_a_reason(
    kind: str, real: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluate, "RESAMPLES_SMALL", 3)
    monkeypatch.setattr(trivial, "DRAWS", 2)
    data = degenerate(kind, real)
    references = References(data, seed=0)
    ordinary = np.random.default_rng(1).random((12, *data.sample_shape))
    fakes = {
        "constant": np.zeros((12, *data.sample_shape)),
        "one": ordinary[:1],
        "ordinary": ordinary,
        "enormous": ordinary * 1e200,
        "not finite": ordinary * np.nan,
    }
    for name, fake in fakes.items():
        for score in references.score(Samples.uniform(torch.from_numpy(fake))):
            metric = METRICS.lookup(score.name).make(NoOptions())
            unavailable = metric.obstacle(data, references.n)
            if score.value is None:
                assert score.reason
            else:
                assert np.isfinite(score.value)
                assert (score.skill is None) == (score.reason is not None)
            assert score.value is not None or unavailable or name in ("enormous", "not finite"), (name, score)


def degenerate(kind: str, real: str) -> DataSet:
    shape = {"points": (2,), "grid": (2,), "series": (4,), "image": (8, 8), "text": (3,)}[kind]
    rows = np.zeros((40, *shape))
    if real == "duplicates":
        rows[::2] = 1.0
    if kind == "points":
        return from_array(rows, np.arange(40) % 2, seed=0)
    train, validation, test = (Part(part) for part in np.split(rows, [16, 28]))
    levels = (np.array([0.0, 1.0]),) * int(np.prod(shape))
    more: dict[str, Any] = {
        "grid": {"levels": levels},
        "series": {"kind": "series"},
        "image": {"kind": "image"},
        "text": {"kind": "text", "levels": levels, "alphabet": "ab"},
    }[kind]
    return assemble(kind, train=train, validation=validation, test=test, low=0.0, high=1.0, **more)


def test_global_random_states_are_left_alone(metric: Metric, cases: Cases) -> None:
    def states() -> tuple[bytes, bytes]:
        return np.random.get_state()[1].tobytes(), torch.get_rng_state().numpy().tobytes()  # noqa: NPY002  # pyright: ignore

    case = next(where(metric, cases))
    before = states()
    metric.function(case.reference(), fresh(case, 1)[0])
    assert states() == before
