"""The user's own files from the command line."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

Call = Callable[..., Any]
TABLE = "height,weight\n" + "\n".join(f"{100 + k},{50 + 0.1 * k * k}" for k in range(40))
BASE = ("digits-patch-classical", "--set=data.name=csv:people.csv", "--set=generator.parameters=10")


@pytest.mark.parametrize(
    ("settings", "code", "words"),
    [
        (["data.name=csv:absent.csv"], 3, ["absent.csv", "nothing there"]),
        (["data.name=csv:holes.csv"], 3, ["holes.csv, row 3, column 'weight'"]),
        (["data.name=csv"], 2, ["csv:FILE"]),
        (["data.name=csv:"], 2, ["csv:FILE"]),
        (["data.name=digits:people.csv"], 2, ["takes no argument"]),
        (["data.name=cvs:people.csv"], 2, ["Did you mean 'csv'"]),
        (["data.name=csv:people.csv", "data.colums=['x']"], 2, ["Did you mean 'columns'"]),
    ],
)
def test_mistakes_end_with_one_message(call: Call, settings: list[str], code: int, words: list[str]) -> None:
    Path("people.csv").write_text(TABLE)
    Path("holes.csv").write_text(TABLE.replace("101,50.1", "101,"))
    done = call("train", "digits-patch-classical", "--dry-run", *(f"--set={setting}" for setting in settings))
    assert (done.code, done.out, done.err.count("\n")) == (code, "", 1)
    assert all(word in done.err for word in words), done.err


def test_a_table_is_trained_on_sampled_in_its_units_and_not_taken_for_another(
    call: Call, sets: tuple[str, ...]
) -> None:
    Path("people.csv").write_text(TABLE)
    done = call("train", *BASE, *sets, "--quiet", "--json")
    assert done.code == 0, done.err
    run = json.loads(done.out)["run"]
    assert '"csv:people.csv"' in (Path(run) / "config.toml").read_text()
    assert call("sample", run, "-n", "200", "--out", "more.csv").code == 0
    header, *rows = Path("more.csv").read_text().splitlines()
    assert header == "height,weight"
    heights = np.array([float(row.split(",")[0]) for row in rows])
    # Within what the training part holds, by at most a rounding in single precision.
    assert heights.min() >= 100 - 1e-4
    assert heights.max() <= 139 + 1e-4
    with np.load(Path(run) / "samples.npz", allow_pickle=False) as archive:
        assert archive["names"].tolist() == ["height", "weight"]
        assert archive["values"][:, 0].min() >= 100 - 1e-4
    Path("people.csv").write_text(TABLE.replace("139", "138"))
    for again in (("train", "--resume", run), ("sample", run), ("evaluate", run)):
        done = call(*again)
        assert done.code == 3
        assert "not those that the run" in done.err
