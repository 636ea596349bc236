"""What is promised of the tables is measured by code that can tell good from bad."""

import json
from pathlib import Path

import numpy as np
import torch

from benchmarks import circuit_gradients, files, product, recipes, tables
from benchmarks.evidence import Workplace
from benchmarks.large import write_idx
from benchmarks.quality import SIDES, asked
from qgan.data import DATA
from qgan.losses import LOSSES


def test_every_figure_has_its_place() -> None:
    assert list(tables.FIGURES) == ["recipes", "gradients", "product", "files", "trackers", "large"]


def test_a_seed_that_the_evidence_has_is_not_trained_again(tmp_path: Path, monkeypatch) -> None:
    place, trained = Workplace(work=tmp_path / "work", out=tmp_path, quick=True), []
    score = {**dict.fromkeys(SIDES, 0.5), "way": 0.5}
    row = {"seed": 0, "steps": 6, "n": 2, "metrics": {"kl": score}, "asked": asked(place, "bimodal", 0)}
    known = {"results": {"recipes": {"bimodal": {"seeds": [row]}}}}
    (tmp_path / "recipes.json").write_text(json.dumps(known), encoding="utf-8")
    monkeypatch.setattr(recipes, "trained", lambda _place, recipe, seed: trained.append((recipe, seed)))
    monkeypatch.setattr(recipes, "scores_of", lambda *_: row)
    monkeypatch.setattr(recipes, "PAIRS", {"bimodal": "bimodal-classical"})
    figure = recipes.measure(place)
    assert trained == [("bimodal-classical", 0)]
    assert figure.results["recipes"]["bimodal"]["skills"] == [0.5]


def test_a_combination_is_played_or_refused() -> None:
    assert product.play("mlp", "conv", "hinge", "r1", steps=1) == {
        "steps": 1,
        "finite": True,
        "moved": {"discriminator": True, "generator": True},
    }
    assert "no loss called" in product.play("mlp", "conv", "absent", "r1", steps=1)["refused"]


def test_a_side_that_stands_still_shows(monkeypatch) -> None:
    class Deaf:
        discriminator = staticmethod(LOSSES["hinge"].make(LOSSES["hinge"].options()).discriminator)

        def generator(self, *, fake: torch.Tensor, fake_weights: torch.Tensor) -> torch.Tensor:  # noqa: ARG002
            return 0 * fake.sum()

    monkeypatch.setitem(LOSSES, "deaf", lambda _options: Deaf())
    outcome = product.play("mlp", "mlp", "deaf", "none", steps=1)
    assert outcome["moved"] == {"discriminator": True, "generator": False}


def test_a_message_without_its_place_is_not_clear(tmp_path: Path) -> None:
    case = files.malformed_files(tmp_path)[0]
    whole = {"code": 3, "message": " ".join(case.words)}
    assert files._clear(case, whole)
    assert not files._clear(case, {**whole, "code": 1})
    assert not files._clear(case, {**whole, "message": "It does not work."})


def test_the_large_file_is_read_by_the_table(tmp_path: Path) -> None:
    write_idx(tmp_path / "some.idx", 30, side=4)
    name = f"idx:{tmp_path / 'some.idx'}"
    entry = DATA.lookup(name)
    assert entry.make(entry.options(), 0).sample_shape == (4, 4)


def test_a_wrong_gradient_shows(monkeypatch) -> None:
    place = Workplace(work=Path(), out=Path(), quick=True)
    right = circuit_gradients.measure(place).results["largest"]
    assert right < 1e-8
    monkeypatch.setattr(circuit_gradients.np, "ndindex", lambda *shape: [tuple(np.zeros(len(shape), dtype=int))])
    monkeypatch.setattr(circuit_gradients, "STEP", 0.5)
    assert circuit_gradients.measure(place).results["largest"] > 1e-3
