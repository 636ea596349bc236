import numpy as np
import pytest
from pydantic import ValidationError

from qgan.data import DATA
from qgan.data.digits import DigitsOptions
from qgan.samples import DataSet, Part


def made(seed: int = 7, **options: object) -> DataSet:
    entry = DATA.lookup("digits")
    return entry.make(entry.options.model_validate(options), seed)


def images(part: Part) -> set[bytes]:
    return {image.tobytes() for image in part.values}


def test_the_default_is_the_digit_zero_between_0_and_1() -> None:
    data = made()
    assert data.sample_shape == (8, 8)
    assert (data.low, data.high) == (data.train.values.min(), data.train.values.max()) == (0.0, 1.0)
    for part, share in ((data.train, 0.5), (data.validation, 0.2), (data.test, 0.3)):
        assert set(part.labels if part.labels is not None else []) == {0}
        assert abs(len(part) - 178 * share) <= 2


def test_no_image_is_in_two_parts_nor_in_what_a_classifier_sees() -> None:
    data = made(classes=[3, 5])
    assert data.labelled is not None
    assert set(data.labelled.labels if data.labelled.labels is not None else []) == set(range(10))
    assert images(data.train) <= images(data.labelled)
    for held_out in (data.validation, data.test):
        assert not images(held_out) & images(data.labelled)
    assert not images(data.validation) & images(data.test)


def test_other_classes_leave_an_image_in_its_part() -> None:
    assert images(made(classes=[0]).test) < images(made(classes=[0, 1]).test)


def test_the_seed_decides() -> None:
    assert made(seed=1).sha256 == made(seed=1).sha256
    assert made(seed=1).sha256 != made(seed=2).sha256


def test_symmetric_scaling_is_an_affine_map() -> None:
    unit, symmetric = made(), made(scaling="symmetric")
    np.testing.assert_array_equal(symmetric.train.values, 2 * unit.train.values - 1)
    assert (symmetric.low, symmetric.high) == (-1, 1)


def test_lists_from_toml_are_taken() -> None:
    options = DigitsOptions.model_validate({"classes": [1, 0], "split": [0.6, 0.2, 0.2]})
    assert options.classes == (1, 0)


@pytest.mark.parametrize(
    "options",
    [
        {"classes": []},
        {"classes": [1, 1]},
        {"classes": [10]},
        {"classes": [-1]},
        {"classes": ["1"]},
        {"split": [0.5, 0.5]},
        {"split": [0.5, 0.5, 0.5]},
        {"scaling": "standard"},
        {"class": [0]},
    ],
)
def test_wrong_options_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match=next(iter(options))):
        DigitsOptions.model_validate(options)


def test_no_global_random_state_is_touched() -> None:
    before = np.random.get_state()[1].copy()  # noqa: NPY002  # pyright: ignore[reportArgumentType]
    made()
    np.testing.assert_array_equal(before, np.random.get_state()[1])  # noqa: NPY002  # pyright: ignore[reportArgumentType]
