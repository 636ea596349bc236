from importlib import metadata
from typing import Any

import pytest
from pydantic import ValidationError

from qgan._registry import Entry, NoOptions, Options, Table
from qgan.backends import BACKENDS
from qgan.data import DATA
from qgan.discriminators import DISCRIMINATORS
from qgan.errors import BackendError, ConfigError
from qgan.generators import GENERATORS
from qgan.losses import LOSSES
from qgan.metrics import METRICS

TABLES = [BACKENDS, DATA, DISCRIMINATORS, GENERATORS, LOSSES, METRICS]


def table(**names: str) -> Table:
    return Table("thing", "qgan.things_for_tests", {name: Entry(str, summary=text) for name, text in names.items()})


class Point:
    def __init__(self, name: str, loaded: Any) -> None:
        self.name, self.value, self.loaded, self.loads = name, f"elsewhere:{name}", loaded, 0

    def load(self) -> Any:
        self.loads += 1
        if isinstance(self.loaded, Exception):
            raise self.loaded
        return self.loaded


@pytest.fixture
def offered(monkeypatch: pytest.MonkeyPatch) -> list[Point]:
    points: list[Point] = []
    monkeypatch.setattr(metadata, "entry_points", lambda *, group: points if group == "qgan.things_for_tests" else [])
    return points


@pytest.mark.parametrize("every", TABLES, ids=lambda every: every.kind)
def test_every_table_says_what_is_in_it(every: Table) -> None:
    assert every.group.startswith("qgan.")
    assert len(every) == len(list(every)) == len(set(every)) > 0
    for name in every:
        entry = every[name]
        assert entry.summary
        assert issubclass(entry.options, Options)
        entry.options()


@pytest.mark.parametrize("every", TABLES, ids=lambda every: every.kind)
def test_options_are_closed_frozen_and_strict(every: Table) -> None:
    for name in every:
        model = every[name].options
        with pytest.raises(ValidationError):
            model.model_validate({"no_such_option": 1})
        made = model()
        for field in model.model_fields:
            with pytest.raises(ValidationError):
                setattr(made, field, getattr(made, field))


def test_a_name_that_is_not_there_is_answered_with_those_that_are() -> None:
    with pytest.raises(ConfigError) as caught:
        table(alpha="a", beta="b").lookup("alpah")
    assert caught.value.exit_code == 2
    for text in ("no thing called 'alpah'", "alpha, beta", "Did you mean 'alpha'?", "--plugin"):
        assert text in str(caught.value)


def test_a_third_party_adds_and_takes_back_an_entry() -> None:
    things = table(alpha="a")
    things["mine"] = Entry(str, summary="m")
    assert list(things) == ["alpha", "mine"]
    assert things.lookup("mine").summary == "m"
    del things["mine"]
    assert list(things) == ["alpha"]


def test_tables_do_not_share_entries() -> None:
    entries = {"alpha": Entry(str)}
    one, other = Table("thing", "qgan.nothing", entries), Table("thing", "qgan.nothing", entries)
    one["mine"] = Entry(str)
    assert "mine" not in other
    assert "mine" not in entries


def test_installed_entries_are_listed_without_being_loaded(offered: list[Point]) -> None:
    offered.append(Point("gamma", Entry(str, summary="g")))
    things = table(alpha="a")
    assert list(things) == ["alpha", "gamma"]
    assert "gamma" in list(things)
    assert offered[0].loads == 0
    assert things.lookup("gamma").summary == "g"
    assert things.lookup("gamma").summary == "g"
    assert offered[0].loads == 1
    assert len(things) == 2


def test_a_plain_class_is_an_entry_without_options(offered: list[Point]) -> None:
    class Own:
        """Said in one line.

        And more.
        """

    offered.append(Point("gamma", Own))
    things = table()
    things["delta"] = Own
    for name in ("gamma", "delta"):
        entry = things.lookup(name)
        assert (entry.make, entry.options, entry.summary) == (Own, NoOptions, "Said in one line.")


def test_what_is_neither_an_entry_nor_a_class_is_refused(offered: list[Point]) -> None:
    offered.append(Point("gamma", 3))
    things = table()
    with pytest.raises(BackendError, match=r"'gamma'.*int is neither"):
        things.lookup("gamma")
    with pytest.raises(TypeError, match="int is neither"):
        things["delta"] = 3  # type: ignore[assignment]


def test_what_is_built_in_wins(offered: list[Point]) -> None:
    offered.append(Point("alpha", Entry(str, summary="foreign")))
    things = table(alpha="a")
    assert things.lookup("alpha").summary == "a"
    assert len(things) == 1


def test_a_broken_plugin_is_named(offered: list[Point]) -> None:
    offered.append(Point("gamma", ImportError("no module x")))
    with pytest.raises(BackendError) as caught:
        table().lookup("gamma")
    for text in ("'gamma'", "elsewhere:gamma", "ImportError: no module x", "uninstall"):
        assert text in str(caught.value)


def test_no_options_means_none() -> None:
    assert NoOptions.model_fields == {}
    with pytest.raises(ValidationError):
        NoOptions.model_validate({"a": 1})


def test_an_entry_may_take_what_stands_behind_a_colon() -> None:
    def make(options: NoOptions, more: int, *, argument: str) -> tuple[Any, ...]:
        return options, more, argument

    some = Table("thing", "qgan.things_for_tests", {"file": Entry(make, argument="FILE"), "plain": Entry(str)})
    assert some.lookup("file:a:b.csv").make(NoOptions(), 3) == (NoOptions(), 3, "a:b.csv")
    assert some["file"].make is make
    for name in ("file", "file:"):
        with pytest.raises(ConfigError, match=r"'file' needs an argument .* Allowed: file:FILE\."):
            some.lookup(name)
    with pytest.raises(ConfigError, match="'plain' takes no argument"):
        some.lookup("plain:x")
    with pytest.raises(ConfigError, match=r"Allowed: file:FILE, plain\. Did you mean 'file'"):
        some.lookup("fill:x")


def test_a_name_with_a_colon_of_its_own_is_found() -> None:
    some = table(**{"own:thing": "mine"})
    assert some.lookup("own:thing") is some["own:thing"]
