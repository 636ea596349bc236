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


def changed(page, at, text, tmp_path):
    """The page with something else between these places."""
    path = tmp_path / "index.html"
    path.write_text(page[: at[0]] + text + page[at[1] :], "utf-8")
    return path


def test_every_number_is_found_again(reported, open_page, recompute):
    printed = open_page(reported.page).numbers()
    expected = recompute.numbers(reported.directory)
    assert {key: (printed.get(key), expected.get(key)) for key in differing(printed, expected)} == {}


def test_every_claim_is_found_again(reported, open_page, recompute):
    assert open_page(reported.page).words() == recompute.words(reported.directory)


def test_enough_is_printed(full, recompute):
    """The test above is not of an empty page."""
    assert sum(map(len, recompute.numbers(full.directory).values())) > 400


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
    expected = recompute.numbers(full.directory)
    for cell in cells[:: max(len(cells) // 4, 1)]:
        other = f'data-value="{float(cell[1]) * 1.001 + 1e-3!r}"'
        opened = open_page(changed(page, cell.span(), other, tmp_path))
        assert len(differing(opened.numbers(), expected)) == 1


def test_one_number_changed_in_the_verdict_is_noticed(full, open_page, recompute, tmp_path):
    page = full.page.read_text("utf-8")
    said = [*re.finditer(r'data-said data-testid="verdict-number">([^<]+)<', page)]
    expected = recompute.numbers(full.directory)
    assert len(said) >= 8
    for number in said[::2]:
        opened = open_page(changed(page, number.span(1), f"{float(number[1]) + 1:g}", tmp_path))
        assert {key[1] for key in differing(opened.numbers(), expected)} == {"verdict-number"}


def test_every_number_of_the_verdict_has_a_hook(reported, open_page):
    """So that none is left out of the test above."""
    opened = open_page(reported.page).page
    text = opened.evaluate(
        """() => [...document.querySelectorAll(".verdict")].map((each) => {
            const copy = each.cloneNode(true);
            copy.querySelectorAll("[data-said]").forEach((said) => said.remove());
            return copy.textContent;
        }).join(" ")"""
    )
    assert not re.findall(r"(?<![\w.-])[\d.]*\d", text)


@pytest.mark.parametrize(
    ("there", "instead"),
    [
        ("are not told apart.", "are equivalent."),
        ('data-kind="not told apart"', 'data-kind="better"'),
        ("not told apart (indicative)</td>", "better (indicative)</td>"),
    ],
)
def test_another_claim_is_noticed(full, open_page, recompute, tmp_path, there, instead):
    page = full.page.read_text("utf-8")
    at = page.index(there)
    opened = open_page(changed(page, (at, at + len(there)), instead, tmp_path))
    assert opened.words() != recompute.words(full.directory)


def test_models_that_change_their_labels_are_noticed(full, open_page, recompute, tmp_path):
    page = full.page.read_text("utf-8")
    swapped = page.replace('data-model="subject"', "@").replace('data-model="mlp"', 'data-model="subject"')
    (tmp_path / "index.html").write_text(swapped.replace("@", 'data-model="mlp"'), "utf-8")
    assert len(differing(open_page(tmp_path / "index.html").numbers(), recompute.numbers(full.directory))) > 20


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
    changes = differing(before, after)
    assert changes == differing(recompute.numbers(full.directory), recompute.numbers(directory))
    assert {(key[3], key[4]) for key in changes if key[1] != "p"} == {("unentangled", "kl")}
    assert ("table-by-seed", "score", "bimodal", "unentangled", "kl", "3", "test") in changes
    assert ("table-by-seed", "score", "bimodal", "unentangled", "kl", "2", "test") not in changes


def test_seconds_of_models_alone_are_found_again(full, open_page, recompute, make_page, tmp_path):
    """Where no model was timed on a busy machine, seconds to the skill are steps times the pace of each."""
    directory = tmp_path / "comparison"
    shutil.copytree(full.directory, directory, ignore=shutil.ignore_patterns("checkpoints"))
    for number, file in enumerate(sorted(directory.glob("runs/*/*/*/evaluations.jsonl"))):
        first, *others = map(json.loads, file.read_text().splitlines())
        for line in others[number % 2 :]:
            line["scores"]["kl"]["skill"] = 0.9
        file.write_text("".join(json.dumps(line) + "\n" for line in (first, *others)))
    by_runs = recompute.numbers(directory)
    for file in (directory / "recipes" / "bimodal" / "speed").iterdir():
        file.write_text(json.dumps(json.loads(file.read_text()) | {"contended": None}))
    expected, printed = recompute.numbers(directory), open_page(make_page(directory).page).numbers()
    assert differing(printed, expected) == set()
    changed = {key for key in differing(by_runs, expected) if key[0] == "table-reaching"}
    assert {key[1] for key in changed} == {"seconds-to-skill", "seconds-p"}
    assert {key[3] for key in changed if key[1] == "seconds-to-skill"} == {"subject", "mlp", "mlp-x2", "unentangled"}
