"""Pages of comparisons as files; what a browser makes of them is looked at elsewhere."""

import base64
import hashlib
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from qgan.compare.comparison import Comparison
from qgan.errors import ConfigError, ResourceError
from qgan.report import Written, report_comparison
from qgan.report.numbers import shown
from qgan.report.page import composed

Read: TypeAlias = Callable[[str], Any]

HOSTILE = '"><script>window.__pwned=1</script><img src=x onerror=window.__pwned=1>'


@pytest.fixture
def page(written: Written, read: Read) -> Any:
    return read(written.page.read_text("utf-8"))


def test_every_number_is_shown_as_the_rounding_of_its_value(page: Any) -> None:
    assert len(page.numbers) > 150
    for attributes, text in page.numbers:
        value = json.loads(attributes["data-value"])
        assert text == shown(value)
        assert attributes["data-testid"]


def test_numbers_are_those_of_the_document(page: Any, written: Written) -> None:
    (recipe,) = written.document["recipes"]
    for row in recipe["tables"]["by-seed"]["rows"]:
        for seed in recipe["seeds"]:
            said = page.of("score", recipe="bimodal", model=row["model"], metric="kl", seed=seed, part="test")
            assert set(said) == {row[f"s{seed}"]}
    assert page.of("key-difference", model="mlp") == [recipe["contests"][0]["mean"]]


def test_nothing_is_let_in_but_style_and_script(page: Any) -> None:
    (policy,) = [each["content"] for tag, each in page.elements if each.get("http-equiv") == "Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; img-src data:; ")
    for tag in ("style", "script"):
        (text,) = page.texts[tag]
        hashed = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{hashed}'" in policy
    assert len(page.texts["script"][0].encode()) < 15_000


def test_it_stands_alone(page: Any, written: Written) -> None:
    for _, attributes in page.elements:
        assert "style" not in attributes
        assert not [key for key in attributes if key.startswith("on")]
        assert not attributes.get("src", "data:").startswith(("http", "/"))
    links = [each["href"] for tag, each in page.elements if tag == "a"]
    ids = {each["id"] for _, each in page.elements if "id" in each}
    for link in links:
        assert link[1:] in ids if link.startswith("#") else (written.page.parent / link).is_file()
    assert written.page.stat().st_size < 2_000_000


def test_all_pictures_say_what_is_seen(page: Any) -> None:
    pictures = [each for tag, each in page.elements if tag == "svg"]
    assert len(pictures) >= 8
    assert all(each["aria-label"] and each["role"] == "img" for each in pictures)
    ids = [each["id"] for _, each in page.elements if "id" in each]
    assert len(ids) == len(set(ids))


def test_the_same_comparison_has_the_same_page(written: Written, comparison: Path, tmp_path: Path) -> None:
    again = report_comparison(comparison, tmp_path)
    names = [file.relative_to(tmp_path) for file in again.files]
    assert names == [file.relative_to(written.page.parent) for file in written.files]
    for name in names:
        assert (tmp_path / name).read_bytes() == (written.page.parent / name).read_bytes(), name
    assert {name.suffix for name in names} == {".html", ".json", ".csv", ".svg", ".pdf"}


def test_what_is_not_there_yet_is_said_to_be_missing(copied: Path, read: Read) -> None:
    own = copied / "recipes/bimodal"
    shutil.rmtree(own / "speed")
    (own / "cost.json").unlink()
    shutil.rmtree(copied / "runs/bimodal/subject/s4")
    shutil.rmtree(copied / "runs/bimodal/mlp")
    page = read(composed(Comparison(copied)).page)
    main = page.texts["main"][0]
    assert "No verdict yet." in main
    assert "not measured yet" in main
    assert "6 of 20 runs are not over yet." in main
    assert page.of("score-median", model="subject")
    assert not page.of("score-median", model="mlp")


def test_a_comparison_that_has_just_begun_has_a_page(copied: Path, read: Read) -> None:
    for name in ("runs", "recipes"):
        shutil.rmtree(copied / name)
    main = read(composed(Comparison(copied)).page).texts["main"][0]
    assert "bimodal: not begun yet." in main
    assert "No runs yet." in main


def test_failed_and_diverged_seeds_are_named_and_count_as_trivial(copied: Path, read: Read) -> None:
    run = copied / "runs/bimodal/mlp/s1"
    status = json.loads((run / "status.json").read_text())
    (run / "status.json").write_text(json.dumps({**status, "state": "diverged", "reason": "not finite"}))
    written = composed(Comparison(copied))
    page, trivial = read(written.page), written.document["recipes"][0]["tables"]["seeds"]["rows"][1]["trivial"]
    assert "mlp diverged on seed 1, which counts at the trivial score." in page.texts["main"][0]
    assert set(page.of("score", model="mlp", metric="kl", seed=1)) == {trivial}


def test_amendments_are_named_first(copied: Path, read: Read) -> None:
    from qgan.compare.declaration import declare, declared

    known = declared(copied).current
    claims = {"bimodal": known.claims["bimodal"].model_copy(update={"skill": 0.7})}
    declare(copied, known.model_copy(update={"claims": claims}))
    report = composed(Comparison(copied))
    page = read(report.page)
    (warning,) = [each for _, each in page.elements if each.get("data-testid") == "amended"]
    assert warning["class"] == "warning"
    text = " ".join(page.texts["main"][0].split())
    assert "claims.bimodal.skill 0.5 \N{RIGHTWARDS ARROW} 0.7" in text.replace("skill0.5", "skill 0.5")
    assert "Not as first declared: kl carries the claim" in text
    assert "Declared before the first run" not in text
    (recipe,) = report.document["recipes"]
    sentence = "skill: 0.5, amended to 0.7 when there were 20 runs"
    assert recipe["warnings"][0] == f"The claim is not the one that was declared first: {sentence}."
    assert recipe["amended"] == sentence
    declaration = report.document["declaration"]
    assert declaration["first"]["claims"]["bimodal"]["skill"] == 0.5
    assert declaration["document"]["claims"]["bimodal"]["skill"] == 0.7
    (amendment,) = declaration["amendments"]
    assert amendment["changed"] == [{"key": "claims.bimodal.skill", "was": "0.5", "now": "0.7"}]


def test_what_was_never_amended_was_declared_before_the_first_run(written: Written) -> None:
    assert written.document["recipes"][0]["amended"] is None
    assert "Declared before the first run: kl carries the claim" in written.page.read_text("utf-8")


def test_hostile_names_are_text(copied: Path, read: Read) -> None:
    status = copied / "runs/bimodal/mlp/s1/status.json"
    known = json.loads(status.read_text())
    status.write_text(json.dumps({**known, "state": "diverged", "reason": HOSTILE}))
    identity = copied / "runs/bimodal/mlp/s0/run.json"
    identity.write_text(json.dumps({**json.loads(identity.read_text()), "machine": {"cpu": HOSTILE}}))
    book = copied / "recipes/bimodal/models.json"
    book.write_text(book.read_text().replace('"what": "', '"what": ' + json.dumps(HOSTILE)[:-1]))
    speed = copied / "recipes/bimodal/speed/mlp.json"
    speed.write_text(json.dumps({**json.loads(speed.read_text()), "contended": HOSTILE}))
    page = read(composed(Comparison(copied)).page)
    assert page.texts["main"][0].count(HOSTILE) > 5
    assert len(page.texts["script"]) == 1
    assert "img" not in page.texts
    assert not [key for _, each in page.elements for key in each if key.startswith("on")]


def test_another_number_makes_another_page(copied: Path, written: Written) -> None:
    run = copied / "runs/bimodal/subject/s2/metrics.json"
    report = json.loads(run.read_text())
    report["metrics"]["total-variation"]["value"] *= 1.01
    run.write_text(json.dumps(report))
    pattern = re.compile(r'data-testid="score"[^>]*>[^<]*')
    there, now = (pattern.findall(each) for each in (written.page.read_text(), composed(Comparison(copied)).page))
    assert len(there) == len(now)
    assert sum(one != other for one, other in zip(there, now, strict=True)) <= 1


def test_what_is_no_comparison_has_no_page(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is no comparison"):
        report_comparison(tmp_path)


def test_a_place_that_cannot_be_written_is_named(comparison: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ResourceError, match="cannot be written"):
        report_comparison(comparison, tmp_path / "file")
