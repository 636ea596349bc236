import hashlib

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from qgan.seeding import Key, stream, torch_seed

keys = st.builds(
    Key, st.integers(0, 2**63 - 1), st.sampled_from(["data", "split", "latent/generator/0", ""]), st.integers(0, 2**40)
)


@given(keys)
def test_a_stream_is_a_function_of_its_key(key: Key) -> None:
    np.testing.assert_array_equal(stream(key).random(5), stream(Key(*key)).random(5))
    assert torch_seed(key) == torch_seed(Key(*key))


@given(st.lists(keys, min_size=2, max_size=6, unique=True))
def test_other_keys_name_other_streams(different: list[Key]) -> None:
    assert len({stream(key).random() for key in different}) == len(different)
    assert len({torch_seed(key) for key in different}) == len(different)


def test_seed_purpose_and_step_each_matter() -> None:
    every = [Key(seed, purpose, step) for seed in range(8) for purpose in ("a", "b", "ab") for step in range(8)]
    assert len({stream(key).random() for key in every}) == len(every)


@given(st.integers(0, 2**100), st.text(max_size=3), st.integers(0, 2**70))
def test_the_words_are_those_that_numpy_would_make(seed: int, purpose: str, step: int) -> None:
    named = int.from_bytes(hashlib.sha256(purpose.encode()).digest()[:8])
    plain = np.random.SeedSequence([seed, named, step])
    expected = np.random.Generator(np.random.Philox(plain)).random(3)
    np.testing.assert_array_equal(stream(Key(seed, purpose, step)).random(3), expected)
    assert torch_seed(Key(seed, purpose, step)) == int(plain.generate_state(1, np.uint64)[0] >> 1)


def test_no_number_is_below_zero() -> None:
    with pytest.raises(OverflowError, match="negative"):
        stream(Key(-1, "data"))


@given(keys)
def test_torch_takes_the_seed(key: Key) -> None:
    assert 0 <= torch_seed(key) < 2**63
    torch.Generator().manual_seed(torch_seed(key))


def test_streams_are_uniform_over_steps() -> None:
    """The first numbers of consecutive steps are as good as one stream: mean within 4 standard errors."""
    first = np.array([stream(Key(0, "data", step)).random() for step in range(4000)])
    assert abs(first.mean() - 0.5) < 4 * (1 / 12 / 4000) ** 0.5
    assert abs(np.corrcoef(first[:-1], first[1:])[0, 1]) < 4 / 4000**0.5


def test_the_numbers_stay_what_they_were() -> None:
    """Old runs resume bit for bit only as long as a key gives the same numbers in every version."""
    assert stream(Key(7, "data", 3)).integers(0, 2**32, 3).tolist() == [2216381968, 2843040940, 1104622049]
    assert torch_seed(Key(7, "data", 3)) == 8177227159715768718


def test_global_random_states_are_left_alone() -> None:
    before, kept = np.random.get_state(legacy=False)["state"]["key"].tolist(), torch.get_rng_state()  # noqa: NPY002
    stream(Key(1, "data")).random(10)
    torch_seed(Key(1, "data"))
    assert np.random.get_state(legacy=False)["state"]["key"].tolist() == before  # noqa: NPY002
    assert torch.equal(torch.get_rng_state(), kept)
