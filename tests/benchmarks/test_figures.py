"""The parts of the measurements that need no training."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import core, gradients, speed
from benchmarks.code import line_counts
from benchmarks.quality import share_of_the_way
from benchmarks.resume import flip
from qgan.seeding import Key


@given(st.floats(-10, 10), st.floats(0.1, 10), st.floats(0, 1))
def test_the_share_of_the_way_is_the_same_in_both_directions(start: float, length: float, share: float) -> None:
    up = share_of_the_way(start, start + share * length, start + length)
    down = share_of_the_way(start, start - share * length, start - length)
    assert up == pytest.approx(share, abs=1e-9)  # rounding of numbers near 10, over a way of 0.1
    assert down == pytest.approx(share, abs=1e-9)


def test_without_a_way_there_is_no_share_of_it() -> None:
    assert share_of_the_way(1.0, 2.0, 1.0) is None


def test_unbiased_estimates_are_within_their_errors_and_biased_ones_are_not() -> None:
    truth = np.array([1.0, -2.0, 3.0, 0.5])
    noise = np.random.Generator(np.random.Philox(3)).normal(0, 0.1, (400, 4))
    fair, biased = gradients.deviation(truth + noise, truth), gradients.deviation(truth + 0.05 + noise, truth)
    assert fair.largest < 4  # four standard normal numbers
    assert biased.rms == pytest.approx(0.05 / (0.1 / 20), rel=0.2)  # fluctuates by 1 in 10
    assert fair.spread == pytest.approx(biased.spread)
    assert biased.bias == pytest.approx(0.05 / np.sqrt(np.mean(truth**2)), rel=0.2)


def test_an_estimate_that_is_always_wrong_by_the_same_is_infinitely_biased() -> None:
    truth = np.array([1.0, 2.0])
    assert gradients.deviation(np.tile(truth, (3, 1)), truth).largest == 0
    assert gradients.deviation(np.tile(truth + np.array([0, 1e-9]), (3, 1)), truth).largest == np.inf


def test_differences_and_backprop_agree_on_a_tiny_generator() -> None:
    _, generator = gradients.setup([*gradients.METHODS["default.qubit, backprop"], ("generator.layers", 1)])
    draw = generator.draw(2, Key(1, "test"))
    before = torch.cat([weights.detach().flatten().clone() for weights in generator.parameters()])
    exact = gradients.gradient(generator, draw, gradients.pixels)
    near = gradients.finite_differences(generator, draw, gradients.pixels)
    np.testing.assert_allclose(near, exact, atol=1e-6)  # error of the differences: about 1e-9
    assert np.abs(exact).max() > 1e-2
    after = torch.cat([weights.detach().flatten() for weights in generator.parameters()])
    assert torch.equal(before, after)


@given(content=st.binary(min_size=1, max_size=20), data=st.data())
def test_a_flip_changes_one_bit_and_two_change_nothing(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, data: st.DataObject
) -> None:
    file = tmp_path_factory.mktemp("flip") / "file"
    file.write_bytes(content)
    bit = data.draw(st.integers(0, 8 * len(content) - 1))
    flip(file, bit)
    changed = int.from_bytes(content, "little") ^ int.from_bytes(file.read_bytes(), "little")
    assert changed == 1 << bit
    flip(file, bit)
    assert file.read_bytes() == content


def test_lines_are_counted_by_file_and_empty_files_are_not(tmp_path: Path) -> None:
    (tmp_path / "one" / "deep").mkdir(parents=True)
    (tmp_path / "two").mkdir()
    (tmp_path / "one" / "deep" / "a.py").write_text("1\n2\n3\n")
    (tmp_path / "one" / "__init__.py").write_text("")
    (tmp_path / "two" / "b.py").write_text("1\n")
    assert line_counts(tmp_path, ("one",)) == {"one/deep/a.py": 3}


def test_all_contestants_are_timed_by_turns() -> None:
    assert list(core.FIGURES) == ["quality", "gradients", "resume", "speed", "code"]
    assert speed.steps_per_second({}, blocks=3, steps=2) == {}
