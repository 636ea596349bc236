"""Differences between comparisons are found, in whatever file; what tells the time is none."""

import json
import shutil
from pathlib import Path

import pytest

import qgan
from benchmarks.compare_same import amiss, differing

SMALL = {
    "train.steps": 4,
    "train.batch_size": 4,
    "run.checkpoint_every": 2,
    "evaluate.every": 2,
    "evaluate.metrics": ["energy-distance"],
    "evaluate.samples": 10,
}


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("comparisons") / "one"
    run = qgan.fit("ring-classical", overrides=SMALL, out=root)
    run.path.rename(root / "run")
    (root / "runs" / "ring").mkdir(parents=True)
    (root / "run").rename(root / "runs" / "ring" / "s0")
    own = root / "recipes" / "ring"
    (root / "report" / "csv").mkdir(parents=True)
    (root / "report" / "csv" / "ring-speed.csv").write_text("seconds")
    for folder in ("yardsticks", "speed"):
        (own / folder).mkdir(parents=True)
        (own / folder / "s0.json").write_text("{}")
    book = {"family": None, "entries": [{"name": "subject", "tuning": {"seconds": 1.0, "settings": {}}}]}
    (own / "models.json").write_text(json.dumps(book))
    return root


@pytest.fixture
def other(one: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(one, tmp_path / "other"))


def test_the_same_is_the_same(one: Path, other: Path) -> None:
    own = other / "recipes" / "ring"
    (own / "speed" / "s0.json").write_text('{"it": 1}')
    (other / "report" / "csv" / "ring-speed.csv").write_text("more seconds")
    (own / "models.json").write_text((own / "models.json").read_text().replace("1.0", "2.0"))
    (other / "runs" / "ring" / "s0" / "timing.jsonl").write_text("")
    assert [*amiss(other), *differing(one, other)] == []


@pytest.mark.parametrize(
    "file",
    [
        "recipes/ring/models.json",
        "recipes/ring/yardsticks/s0.json",
        "runs/ring/s0/records.jsonl",
        "runs/ring/s0/metrics.json",
        "runs/ring/s0/checkpoints/step-000004/tensors.safetensors",
    ],
)
def test_another_byte_anywhere_is_found(one: Path, other: Path, file: str) -> None:
    path = other / file
    path.write_bytes(path.read_bytes().replace(b"null", b"true") if path.suffix == ".json" else b"other")
    if path.name == "s0.json":
        path.write_text("[]")
    assert list(differing(one, other)) == [file]


def test_what_is_missing_or_too_much_is_found(one: Path, other: Path) -> None:
    (other / "recipes" / "ring" / "speed" / "s0.json").unlink()
    (other / "recipes" / "ring" / "failures.json").write_text("{}")
    assert list(differing(one, other)) == ["recipes/ring/failures.json", "recipes/ring/speed/s0.json"]


def test_what_was_not_done_once_is_found(other: Path) -> None:
    run = other / "runs" / "ring" / "s0"
    records = (run / "records.jsonl").read_text()
    (run / "records.jsonl").write_text(records + records.splitlines()[-1] + "\n")
    done = [line for line in (run / "events.jsonl").read_text().splitlines() if '"done"' in line]
    (run / "events.jsonl").write_text("\n".join(done * 2) + "\n")
    (other / "recipes" / "ring" / "models.json.tmp-77").write_text("{")
    assert list(amiss(other)) == [
        "recipes/ring/models.json.tmp-77 is half made",
        "runs/ring/s0 has not every step once",
        "runs/ring/s0 was not finished once",
    ]
