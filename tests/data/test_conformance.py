"""What every data set of the table promises."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest

from qgan import config
from qgan.build import build
from qgan.data import DATA
from qgan.samples import DataSet, Kind, Part
from qgan.validation import validate

Make = Callable[..., DataSet]
SCALINGS = ("none", "unit", "symmetric", "standard")
SCALED = [name for name in DATA if "scaling" in DATA[name].options.model_fields]
READ = [name for name in DATA if DATA[name].argument]


@pytest.fixture(params=DATA)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


def parts(data: DataSet) -> list[Part]:
    return [data.train, data.validation, data.test]


def in_source_units(data: DataSet) -> list[np.ndarray]:
    # Ten digits: a scaling and its undoing round in double precision.
    return [data.scaling.undone(part.flat().reshape(part.values.shape)).reshape(len(part), -1) for part in parts(data)]


def counted(arrays: list[np.ndarray]) -> Counter[tuple[float, ...]]:
    return Counter(tuple(float(f"{value:.10g}") for value in row) for array in arrays for row in array.tolist())


def test_the_seed_decides_everything(make: Make, name: str) -> None:
    one, same, other = make(name, seed=1), make(name, seed=1), make(name, seed=2)
    assert one.sha256 == same.sha256 != other.sha256
    assert len(one.sha256) == 64
    for first, second in zip(parts(one), parts(same), strict=True):
        np.testing.assert_array_equal(first.values, second.values)
        assert (first.labels is None) == (second.labels is None)
    assert not np.array_equal(one.train.values[:9], other.train.values[:9])


def test_the_parts_are_disjoint_and_all_there_is(make: Make, name: str) -> None:
    one, other = (in_source_units(make(name, seed=seed)) for seed in (1, 2))
    total = sum(map(len, one))
    assert [len(part) for part in one] == [len(part) for part in other]
    # Rounding, and the strata of labels that a class is picked from.
    assert all(abs(len(part) - share * total) <= 2 for part, share in zip(one, (0.5, 0.2, 0.3), strict=True))
    # What is read is the same rows in every split; what is drawn anew, and continuous, never repeats.
    if counted(one) != counted(other) and make(name).levels is None:
        assert max(counted(one).values()) == 1


def test_the_split_can_be_chosen(make: Make, name: str) -> None:
    data = make(name, split=[0.8, 0.1, 0.1])
    sizes = [len(part) for part in parts(data)]
    assert abs(sizes[0] - 0.8 * sum(sizes)) <= 2
    assert data.sha256 != make(name).sha256


def test_training_values_are_finite_numbers_within_the_range(make: Make, name: str) -> None:
    data = make(name)
    assert np.isfinite([data.low, data.high]).all()
    for part in parts(data):
        assert part.values.dtype == np.float64
        assert part.values.shape == (len(part), *data.sample_shape)
        assert part.flat().shape == (len(part), data.features)
        assert np.isfinite(part.values).all()
    # One rounding of a scaling in double precision.
    assert data.train.values.min() >= data.low - 1e-12
    assert data.train.values.max() <= data.high + 1e-12


def test_what_it_says_of_its_samples_is_so(make: Make, name: str) -> None:
    data = make(name)
    assert data.kind in get_args(Kind)
    assert len(data.sample_shape) == 2 if data.kind == "image" else len(data.sample_shape) >= 1
    assert len(data.names) in (0, data.features)
    assert len(set(data.names)) == len(data.names)
    assert bool(data.alphabet) == (data.kind == "text")
    if data.levels is not None:
        assert len(data.levels) == data.features
        for levels, column in zip(data.levels, np.concatenate([part.flat() for part in parts(data)]).T, strict=True):
            assert np.all(np.diff(levels) > 0)
            assert set(column) <= set(levels)
            assert (levels[0], levels[-1]) == (data.low, data.high)
            assert not data.alphabet or len(set(data.alphabet)) == len(levels)
    if data.modes is not None:
        apart = np.linalg.norm(data.train.flat()[:, None] - data.modes.reshape(len(data.modes), -1), axis=-1)
        # Three standard deviations hold 98.9 % of a round Gaussian of the plane.
        assert (apart.min(axis=1) <= data.mode_radius).mean() > 0.95
        assert set(apart.argmin(axis=1)) == set(range(len(data.modes)))


def test_text_is_read_off_the_levels(make: Make, name: str) -> None:
    data = make(name)
    if data.kind == "text":
        assert data.levels is not None
        texts = data.texts(data.train.values)
        back = [
            [levels[data.alphabet.index(letter)] for levels, letter in zip(data.levels, text, strict=True)]
            for text in texts
        ]
        np.testing.assert_array_equal(np.array(back), data.train.flat())


def test_labels_are_whole_numbers_and_teach_from_the_training_part_alone(make: Make, name: str) -> None:
    data = make(name)
    labelled = [part.labels is not None for part in parts(data)]
    assert len(set(labelled)) == 1
    assert (data.labelled is not None) == labelled[0]
    assert data.classes == (0 if data.train.labels is None else len(set(data.train.labels)))
    if data.labelled is None:
        return
    for part in parts(data):
        assert part.labels is not None
        assert part.labels.dtype.kind == "i"
        assert part.labels.shape == (len(part),)
        assert set(part.labels) <= set(data.train.labels if data.train.labels is not None else [])
    known = counted([data.labelled.flat()])
    assert not counted([data.train.flat()]) - known
    held_out = counted([data.validation.flat(), data.test.flat()])
    # But for rows that the source itself holds twice.
    twice = sum(count - 1 for count in (held_out + counted([data.train.flat()])).values())
    assert (held_out & known).total() <= twice


@pytest.mark.parametrize("name", SCALED)
def test_a_scaling_is_fitted_on_the_training_part_and_undone(make: Make, name: str) -> None:
    bare = "unit" if name == "digits" else "none"
    raw = make(name, scaling=bare)
    hashes = set()
    for scaling in SCALINGS if bare == "none" else ("unit", "symmetric"):
        data = make(name, scaling=scaling)
        hashes.add(data.sha256)
        for mine, source in zip(in_source_units(data), in_source_units(raw), strict=True):
            np.testing.assert_allclose(mine, source, rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(
            data.scaling.applied(data.scaling.undone(data.test.values)), data.test.values, atol=1e-9
        )
        flat = data.train.flat()
        if scaling in ("unit", "symmetric"):
            assert (data.low, data.high) == ((0, 1) if scaling == "unit" else (-1, 1))
            assert flat.min() == pytest.approx(data.low, abs=1e-12)
            assert flat.max() == pytest.approx(data.high, abs=1e-12)
        if scaling == "standard":
            # Features each, or all places of an image or a series together.
            each = None if data.kind != "points" else 0
            np.testing.assert_allclose(flat.mean(axis=each), 0, atol=1e-9)
            np.testing.assert_allclose(flat.std(axis=each), 1, atol=1e-9)
    assert len(hashes) == (4 if bare == "none" else 2)


def test_a_configuration_names_it_and_reads_back(make: Make, name: str, named: Callable[[str], str]) -> None:
    changes: list[tuple[str, Any]] = [
        ("data.name", named(name)),
        ("seed", 7),
        ("generator.parameters", 3 * make(name).features + 1 + 5),
        ("generator.latent_dim", 1),
    ]
    experiment = build(config.load("digits-patch-classical", changes=changes))
    assert experiment.data.sha256 == make(name).sha256
    assert experiment.config.data.name == named(name)
    text = config.to_toml(experiment.config)
    again = validate(config.RunConfig, config.parse_toml(text, source=name))
    assert again == experiment.config
    options = validate(DATA[name].options, again.data.options, path="data")
    assert options == validate(DATA[name].options, {}, path="data")


@pytest.mark.parametrize("name", READ)
def test_a_name_is_relative_to_the_working_directory(
    make: Make, name: str, named: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = Path(named(name).partition(":")[2])
    monkeypatch.chdir(path.parent)
    entry = DATA.lookup(f"{name}:{path.name}")
    assert entry.make(entry.options(), 7).sha256 == make(name).sha256


def test_no_global_random_state_is_touched(make: Make, name: str) -> None:
    before = np.random.get_state()[1].copy()  # noqa: NPY002  # pyright: ignore[reportArgumentType]
    make(name)
    np.testing.assert_array_equal(before, np.random.get_state()[1])  # noqa: NPY002  # pyright: ignore[reportArgumentType]
