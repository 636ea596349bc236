"""Every number on a page is what the files of the comparison give, worked out by means of its own."""

import json
import math
import re
import shutil
from decimal import Decimal

import pytest

PLAIN = {ord("\N{MINUS SIGN}"): "-", ord("\N{NARROW NO-BREAK SPACE}"): None}


def differing(one, other):
    """Keys at which two recomputations or pages are not equal."""
    return {key for key in {*one, *other} if not same(one.get(key, []), other.get(key, []))}


def same(one, other):
    return len(one) == len(other) and all(
        a == b or math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12) for a, b in zip(one, other, strict=True)
    )


def test_every_number_is_found_again(reported, open_page, recompute):
    printed = open_page(reported.page).numbers()
    expected = recompute(reported.directory)
    assert {key: (printed.get(key), expected.get(key)) for key in differing(printed, expected)} == {}


def test_enough_is_printed(full, recompute):
    """The test above is not of an empty page."""
    assert sum(map(len, recompute(full.directory).values())) > 400


def test_text_is_the_rounded_number(reported, open_page):
    for each in open_page(reported.page).printed():
        value, text = float(each["value"]), each["text"].translate(PLAIN)
        # Half of the third digit, and all of a whole number.
        step = 10.0 ** (math.floor(math.log10(abs(value))) - 2) if value else 0.0
        assert abs(float(text) - value) <= step / 2 * (1 + 1e-9) or float(text) == round(value), each
        assert len(Decimal(text).as_tuple().digits) <= 3 or float(text) == round(value), each


def test_intervals_hold_their_numbers(reported, open_page):
    numbers = open_page(reported.page).numbers()
    for (table, name, *of), values in numbers.items():
        if name.endswith("-low"):
            (low,), (high,) = values, numbers[(table, f"{name[:-4]}-high", *of)]
            (middle,) = numbers[(table, name[:-4], *of)]
            assert low <= middle <= high


def test_one_number_changed_by_hand_is_noticed(full, open_page, recompute, tmp_path):
    page = full.page.read_text("utf-8")
    cells = [*re.finditer(r'data-value="([^"]+)"', page)]
    expected = recompute(full.directory)
    for cell in cells[:: max(len(cells) // 4, 1)]:
        changed = f'data-value="{float(cell[1]) * 1.001 + 1e-3!r}"'
        (tmp_path / "index.html").write_text(page[: cell.start()] + changed + page[cell.end() :], "utf-8")
        assert len(differing(open_page(tmp_path / "index.html").numbers(), expected)) == 1


def test_models_that_change_their_labels_are_noticed(full, open_page, recompute, tmp_path):
    page = full.page.read_text("utf-8")
    swapped = page.replace('data-model="subject"', "@").replace('data-model="mlp"', 'data-model="subject"')
    (tmp_path / "index.html").write_text(swapped.replace("@", 'data-model="mlp"'), "utf-8")
    assert len(differing(open_page(tmp_path / "index.html").numbers(), recompute(full.directory))) > 20


@pytest.mark.slow
def test_one_metric_of_one_run_changes_just_what_depends_on_it(full, open_page, recompute, make_page, tmp_path):
    """A secondary metric of a control: nothing that is said of anything else."""
    directory = tmp_path / "comparison"
    shutil.copytree(full.directory, directory, ignore=shutil.ignore_patterns("checkpoints"))
    file = directory / "runs" / "bimodal" / "unentangled" / "s3" / "metrics.json"
    report = json.loads(file.read_text())
    report["metrics"]["kl"]["value"] *= 1.01
    file.write_text(json.dumps(report))
    before, after = open_page(full.page).numbers(), open_page(make_page(directory).page).numbers()
    changed = differing(before, after)
    assert changed == differing(recompute(full.directory), recompute(directory))
    assert {(key[3], key[4]) for key in changed if key[1] != "p"} == {("unentangled", "kl")}
    assert ("table-by-seed", "score", "bimodal", "unentangled", "kl", "3", "test") in changed
    assert ("table-by-seed", "score", "bimodal", "unentangled", "kl", "2", "test") not in changed
