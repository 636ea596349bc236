"""Frames hold what the runs wrote, and the table of a paper what standings say; neither trusts a name."""

import json
import re
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qgan.compare.comparison import Comparison
from qgan.compare.declaration import Claim
from qgan.compare.frames import COLUMNS, ESCAPES, _number, _text, frame_of, latex_of
from qgan.compare.history import Change, Origin
from qgan.compare.standings import standings
from qgan.errors import BackendError

LETTERS = {"textbackslash": "\\", "textasciitilde": "~", "textasciicircum": "^", "textless": "<", "textgreater": ">"}
LETTERS |= {"textbar": "|", "textquotedbl": '"'}
SCORES = ("value", "floor", "trivial", "skill")


def read_back(text):
    """What TeX would set."""
    return re.sub(r"\\([a-z]+)\{\}|\\([&%$#_{}])", lambda found: LETTERS[found[1]] if found[1] else found[2], text)


def table(text):
    """The rows of the only table, cell by cell."""
    body = text.split("\\midrule\n", 1)[1].split("\\bottomrule")[0]
    lines = [line for line in body.splitlines() if line != "\\midrule"]
    return {cells[0]: cells[1:] for cells in (line.removesuffix(" \\\\").split(" & ") for line in lines)}


def rows_of(frame):
    return frame.to_dict("records")


def test_a_frame_has_a_row_for_each_model_seed_and_metric(begun):
    frame = Comparison(begun).to_frame()
    assert list(frame.columns) == list(COLUMNS)
    keys = [tuple(row[key] for key in ("recipe", "model", "seed", "metric")) for row in rows_of(frame)]
    assert len(keys) == len(set(keys)) == 3 * 2 * 2
    for row in rows_of(frame):
        if row["state"] == "done":
            report = json.loads((begun / f"runs/ring/{row['model']}/s{row['seed']}/metrics.json").read_text())
            score = report["metrics"][row["metric"]]
            assert [row[key] for key in SCORES] == [score[key] for key in SCORES]
            assert row["step"] == report["step"]


def test_failed_seeds_are_rows_without_a_value(begun):
    rows = [row for row in rows_of(Comparison(begun).to_frame()) if row["model"] == "unentangled"]
    assert [row["state"] for row in rows] == ["diverged"] * 4
    for row in rows:
        assert [pd.isna(row[key]) for key in (*SCORES, "step")] == [True, False, False, True, True]


def test_what_nothing_trained_has_no_state(plant):
    frame = frame_of([plant({"subject": [0.5, 0.4], "mlp": [0.5, None]}, rescored={"mean": [0.9]})])
    assert [str(frame.dtypes[key]) for key in ("seed", "value", "step")] == ["int64", "float64", "Int64"]
    one, other = (row for row in rows_of(frame) if row["model"] == "mean")
    assert (one["group"], one["metric"], other["metric"]) == ("reference", "energy-distance", "mode-coverage")
    assert one["skill"] == pytest.approx(0.1)
    assert pd.isna(one["state"])
    assert pd.isna(one["step"])


def test_recipes_stand_below_each_other_and_nothing_gives_an_empty_frame(plant):
    one = plant({"subject": [0.5], "mlp": [0.5]})
    assert len(frame_of([one, one])) == 2 * len(frame_of([one]))
    assert frame_of([]).empty
    assert list(frame_of([]).columns) == list(frame_of([one]).columns)


def test_without_pandas_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(BackendError, match=r"pip install 'qgan\[frames\]'"):
        frame_of([])


@pytest.mark.parametrize("direction", ["lower", "higher"])
def test_a_table_says_what_standings_say(plant, direction):
    rows = {
        "subject": [0.1, 0.2, 0.3, 0.2, 0.1, 0.2],
        "mlp": [0.5, 0.6, None, 0.5, 0.6, 0.7],
        "mlp-x2": [0.4, 0.5, 0.6, 0.4, 0.5, 0.6],
        "untrained": [0.9] * 5,
    }
    compared = plant(rows, rescored={"mean": [0.95] * 6}, direction=direction)
    found = table(latex_of([compared]))
    assert list(found) == ["subject", "mlp$^\\dagger$", "mlp-x2", "untrained", "mean"]
    for name, row in rows.items():
        cells = found.get(name) or found[f"{name}$^\\dagger$"]
        values = [1.0 if value is None else value for value in row]
        if len(row) < 6:
            assert cells[:4] == ["--"] * 4
        else:
            assert cells[0].startswith(f"${np.median(values):.3g}$ [$")
            if name != "subject":
                sign = 1 if direction == "lower" else -1
                difference = sign * np.mean(np.array(rows["subject"]) - values)
                assert cells[1].startswith(f"${difference:.3g}$ [$")
        assert cells[4] == f"${152 if name == 'mlp-x2' else 76}$"
    stand = standings(compared)
    assert stand.judgement is not None
    assert found["mlp$^\\dagger$"][2] == f"${stand.judgement.primary.finding.p:.3g}$"
    assert found["mlp$^\\dagger$"][3] == f"${stand.judgement.primary.finding.corrected.detectable:.3g}$"
    by_name = {v.finding.contest.opponent: v.finding for v in stand.judgement.secondary if "energy" in v.sentence}
    assert found["mean"][2:4] == [f"${by_name['mean'].p:.3g}$", "--"], "at 6 seeds, 2 at once cannot be told apart"


@pytest.mark.parametrize("n", [4, 5])
def test_fewer_than_five_seeds_have_a_middle_and_nothing_more(plant, n):
    found = table(latex_of([plant({"subject": [0.1, 0.2, 0.3, 0.2, 0.1][:n], "mlp": [0.5] * n})]))
    middle, difference, p, _, _ = found["mlp$^\\dagger$"]
    assert ("[" in middle, p != "--") == (n == 5, n == 5)
    assert "[" not in difference


def test_a_caption_says_metric_seeds_and_correction(plant):
    rows = {"subject": [0.1] * 6, "mlp": [0.5] * 6, "untrained": [0.9] * 6}
    text = latex_of([plant(rows, tuned=False)])
    caption = text.split("\\caption{")[1].split("\\label")[0]
    for part in (
        "ring",
        "energy-distance",
        "$n = 6$ seeds",
        "95\\,\\%",
        "for 2 comparisons (Holm)",
        "Untuned:",
    ):
        assert part in caption
    assert "Untuned" not in latex_of([plant(rows)])
    assert "No claim: the best of the matched families is not known yet." in latex_of([plant(rows, family=None)])


def test_a_real_table_is_whole(begun):
    text = Comparison(begun).to_latex()
    assert text.count("\\begin{table}") == text.count("\\end{table}") == 1
    assert [len(cells) for cells in table(text).values()] == [5] * 4
    assert table(text)["dephased"] == ["--"] * 5


@given(st.text(max_size=40))
def test_words_are_set_as_they_are_written(words):
    shown = "".join(character for character in " ".join(words.split()) if character.isprintable())
    assert read_back(_text(words)) == shown


@settings(max_examples=200)
@given(st.text(st.sampled_from([*ESCAPES, "a"]), min_size=1))
def test_no_word_leaves_its_place(words):
    rest = re.sub(r"\\[a-z]+\{\}|\\[&%$#_{}]", "", _text(words))
    assert set(rest) <= {"a"}


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.12345, "$0.123$"), (-2.0, "$-2$"), (1.23e-7, "$1.23 \\times 10^{-7}$"), (4.5e9, "$4.5 \\times 10^{9}$")],
)
def test_numbers_are_of_three_digits(value, text):
    assert _number(value) == text


def test_a_caption_tells_what_of_the_claim_was_amended(plant):
    known = plant({"subject": [0.1] * 6, "mlp": [0.5] * 6})
    claim = Claim(metric="ks_x", opponent="matched", margin=0.1, skill=0.5)
    amended = (Change("metric", "ks_x", "energy-distance", "day 1", 12),)
    assert "declared" not in latex_of([replace(known, origin=Origin("day 0", 0, claim, ()))])
    text = latex_of([replace(known, origin=Origin("day 0", 0, claim, amended))])
    caption = next(line for line in text.splitlines() if line.startswith("\\caption"))
    told = "Not as first declared: metric: ks\\_x, amended to energy-distance when there were 12 runs."
    assert told in caption
