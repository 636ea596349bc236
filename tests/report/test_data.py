"""What a comparison's document says, against its files."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from qgan.compare.comparison import Comparison
from qgan.compare.declaration import declare, declared
from qgan.report.data import document
from qgan.report.rendering import canonical

SEEDS = range(5)


@pytest.fixture(scope="module")
def recipe(comparison: Path) -> dict[str, Any]:
    (found,) = document(Comparison(comparison))["recipes"]
    return found


def measured(comparison: Path, model: str, metric: str) -> list[float]:
    files = [comparison / f"runs/bimodal/{model}/s{seed}/metrics.json" for seed in SEEDS]
    return [json.loads(file.read_text())["metrics"][metric]["value"] for file in files]


def test_it_is_plain_and_the_same_every_time(comparison: Path) -> None:
    first, again = (canonical(document(Comparison(comparison))) for _ in range(2))
    assert first == again
    json.loads(first)


def test_scores_are_those_of_the_runs(comparison: Path, recipe: dict[str, Any]) -> None:
    rows = recipe["tables"]["scores"]["rows"]
    for model in ("subject", "mlp", "unentangled", "mlp-x2"):
        for metric in ("kl", "total-variation"):
            there = [row["score"] for row in rows if (row["model"], row["metric"]) == (model, metric)]
            assert there == measured(comparison, model, metric)


def test_the_verdict_is_of_the_paired_differences(comparison: Path, recipe: dict[str, Any]) -> None:
    differences = np.subtract(measured(comparison, "subject", "kl"), measured(comparison, "mlp", "kl"))
    contest = recipe["contests"][0]
    assert (contest["metric"], contest["opponent"], contest["primary"]) == ("kl", "mlp", True)
    assert contest["differences"] == differences.tolist()
    assert contest["mean"] == pytest.approx(differences.mean())
    assert recipe["verdict"]["sentence"] == contest["sentence"]


def test_summaries_are_medians(comparison: Path, recipe: dict[str, Any]) -> None:
    by_model = {row["model"]: row for row in recipe["tables"]["summary"]["rows"]}
    assert list(by_model)[:2] == ["subject", "mlp"]
    assert by_model["subject"]["score"] == np.median(measured(comparison, "subject", "kl"))
    assert by_model["subject"]["score_low"] <= by_model["subject"]["score"] <= by_model["subject"]["score_high"]
    assert by_model["mlp-x2"]["verdict"] is None


def test_curves_are_lines_of_the_runs(comparison: Path, recipe: dict[str, Any]) -> None:
    curve = next(each for each in recipe["curves"][0]["models"] if each["model"] == "mlp")
    lines = [
        json.loads(line) for line in (comparison / "runs/bimodal/mlp/s2/evaluations.jsonl").read_text().splitlines()
    ]
    assert curve["steps"] == [line["step"] for line in lines]
    (seed,) = [each for each in curve["seeds"] if each["seed"] == 2]
    assert seed["values"] == [line["scores"]["kl"]["value"] for line in lines]
    clock = [json.loads(line) for line in (comparison / "runs/bimodal/mlp/s2/timing.jsonl").read_text().splitlines()]
    spent = [sum(value for part, value in line["seconds"].items() if part != "all") for line in clock]
    assert seed["seconds"] == pytest.approx([sum(spent[:step]) for step in curve["steps"]])


def test_only_generators_differ_here(recipe: dict[str, Any]) -> None:
    keys = {(row["model"], row["key"]) for row in recipe["tables"]["differences"]["rows"]}
    assert keys == {(model, "generator") for model in ("mlp", "mlp-x2", "unentangled")}
    assert all(each["unequal"] == 0 for each in recipe["equal"])


def test_there_is_a_warning_for_what_weakens_it(recipe: dict[str, Any]) -> None:
    assert "5 seeds: with fewer than 10, what is said is indicative." in recipe["warnings"]
    assert any("busy machine" in each for each in recipe["warnings"])
    assert len([each for each in recipe["warnings"] if "busy machine" in each]) == 1


def test_what_could_have_been_seen_stands_beside_every_difference_that_is_tested(recipe: dict[str, Any]) -> None:
    columns = {name: [column["key"] for column in table["columns"]] for name, table in recipe["tables"].items()}
    tested = [keys for keys in columns.values() if "p" in keys]
    assert len(tested) == 4
    assert all(keys[keys.index("p") + 2] == "detectable" for keys in tested)


def test_so_many_contests_that_nothing_could_be_told_apart_are_counted(recipe: dict[str, Any]) -> None:
    """Of 5 pairs p is 2 / 2^5 at least, and so many times that as contests stand together."""
    tests = len(recipe["contests"]) - 1
    fewest = next(n for n in range(20) if tests * 2 / 2**n <= 0.05)
    assert tests > 2
    assert recipe["hopeless"] == {"tests": tests, "seeds": 5, "p": tests * 2 / 2**5, "fewest": fewest}
    assert {row["detectable"] for row in recipe["tables"]["summary"]["rows"]} == {None}


@pytest.mark.parametrize("n", [4, 5])
def test_of_fewer_than_five_seeds_there_are_no_bands_no_p_and_no_claim(copied: Path, n: int) -> None:
    known = declared(copied).current
    declare(copied, known.model_copy(update={"seeds": tuple(range(n))}))
    for file in copied.glob("runs/bimodal/mlp/s*/evaluations.jsonl"):
        *lines, last = map(json.loads, file.read_text().splitlines())
        last["scores"]["kl"]["skill"] = 0.9
        file.write_text("".join(f"{json.dumps(line)}\n" for line in (*lines, last)))
    (found,) = document(Comparison(copied))["recipes"]
    rows = [row for table in found["tables"].values() for row in table["rows"]]
    said = {key for row in rows for key in ("p", "score_low", "steps_p") if row.get(key) is not None}
    said |= {"contest" for each in found["contests"] if each["p"] is not None}
    said |= {"curve" for each in found["curves"] for model in each["models"] if None not in model["low"]}
    assert said == (set() if n < 5 else {"p", "score_low", "steps_p", "contest", "curve"})
    assert (found["verdict"]["kind"] == "no claim", found["hopeless"] is None) == (n < 5, n < 5)
