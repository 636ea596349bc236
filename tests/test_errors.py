import pytest

from qgan import errors
from qgan.errors import ConfigError, Interrupted, QganError, did_you_mean

KINDS = [kind for name in errors.__all__ if issubclass(kind := getattr(errors, name), QganError)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_message_has_four_parts_in_order(kind: type[QganError]) -> None:
    error = kind("A is wrong.", got=3, allowed="1 or 2", cure="Set A=1")
    assert str(error) == "A is wrong. Got: 3. Allowed: 1 or 2. Set A=1."
    assert (error.what, error.got, error.allowed, error.cure) == ("A is wrong.", 3, "1 or 2", "Set A=1")


def test_parts_may_be_left_out() -> None:
    assert str(QganError("A is wrong")) == "A is wrong."


def test_what_was_received_is_shown_even_if_it_is_zero_or_empty() -> None:
    assert "Got: 0." in str(QganError("A is wrong", got=0))
    assert "Got: False." in str(QganError("A is wrong", got=False))


def test_every_kind_of_mistake_has_its_own_exit_code() -> None:
    codes = {kind.__name__: kind.exit_code for kind in KINDS}
    assert codes == {
        "QganError": 1,
        "ConfigError": 2,
        "DataError": 3,
        "BackendError": 4,
        "CheckpointError": 5,
        "DivergedError": 6,
        "ResourceError": 7,
        "JobError": 8,
        "DoubtError": 9,
        "LoginError": 10,
        "BudgetError": 11,
        "BusyError": 12,
    }


def test_an_interrupted_run_ends_as_a_shell_expects() -> None:
    assert Interrupted("stopped", 2).exit_code == 130
    assert Interrupted("stopped", 15).exit_code == 143
    # So that a notebook's or library's `except Exception` does not swallow it.
    assert not issubclass(Interrupted, Exception)


def test_mistakes_are_also_what_python_calls_them() -> None:
    assert issubclass(ConfigError, ValueError)
    assert issubclass(errors.ResourceError, OSError)
    for kind in (errors.JobError, errors.DoubtError, errors.LoginError, errors.BudgetError):
        assert issubclass(kind, RuntimeError)


def test_the_nearest_word_is_suggested_or_none() -> None:
    assert did_you_mean("stepz", ["steps", "batch_size"]) == "Did you mean 'steps'? "
    assert did_you_mean("qqqqqq", ["steps", "batch_size"]) == ""
