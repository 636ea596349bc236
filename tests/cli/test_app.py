"""The command line as a whole: its flags, its exit codes, and what it writes where."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qgan import cli

Call = Callable[..., Any]
CODES = {0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}
FLAGS = {
    "train": "--config --set --backend --shots --seed --steps --device --plugin --out --resume --budget "
    "--resubmit-in-doubt --dry-run --json --quiet",
    "compare": "--seeds --baselines --controls --trials --untuned --workers --set --plugin --out --resume --dry-run "
    "--json --quiet",
    "sample": "-n --out --checkpoint --backend --shots --seed --label --plugin --json",
    "evaluate": "--samples --checkpoint --noise-sweep --shots-sweep --repeats --plugin --json --quiet",
    "runs": "--json",
    "track": "--to --out --plugin --json",
    "recipes": "--json",
    "circuits": "--plugin --json",
    "backends": "--advise --circuit --wires --layers --batch --json",
    "report": "--out --plugin --open --json",
    "plan": "--backend --budget --shots --set --plugin --json",
    "submit": "--backend --shots -n --budget --checkpoint --resubmit-in-doubt --dry-run --plugin --json",
    "jobs": "--out --watch --json",
    "collect": "--out --plugin --json",
    "cancel": "--out --json",
}


def test_the_flags_are_those() -> None:
    import typer

    group: Any = typer.main.get_command(cli.app)
    found = {
        name: " ".join(option for parameter in command.params for option in parameter.opts if option.startswith("-"))
        for name, command in group.commands.items()
    }
    assert {name: flags.replace(" --help", "") for name, flags in found.items()} == FLAGS


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['qgan', '--help']\nfrom qgan.cli import main\n"
        "try: main()\nfinally: print(sorted({'torch', 'pennylane', 'numpy', 'scipy', 'sklearn'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"
    assert "train" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["train", "digit"], 2, "Did you mean 'digits"),
        (["train", "--stepz", "3"], 2, "--steps"),
        (["trian"], 2, "train"),
        (["train", "--set", "train.step=3"], 2, "Did you mean 'steps'"),
        (["train", "--set", "trian.steps=3"], 2, "Did you mean 'train'"),
        (["train", "--set", "generator.layer=3"], 2, "Did you mean 'layers'"),
        (["train", "--set", "train.steps"], 2, "KEY=VALUE"),
        (["train", "--set", "=3"], 2, "KEY=VALUE"),
        (["train", "--set", "train.steps=many"], 2, "train.steps"),
        (["train", "--set", "train.steps=1e3"], 2, "train.steps"),
        (["train", "--set", "train.steps=-1"], 2, "train.steps"),
        (["train", "--set", "seed=off"], 2, "seed"),
        (["train", "--set", "seed=010"], 2, "seed"),
        (["train", "--set", "seed.part=1"], 2, "has no parts"),
        (["train", "--set", "generator._target_=os.system"], 2, "_target_"),
        (["train", "--set", "generator.n_wires=0"], 2, "n_wires"),
        (["train", "--set", "generator.n_wires=-1"], 2, "n_wires"),
        (["train", "--set", "generator.n_wires=2.5"], 2, "n_wires"),
        (["train", "--set", 'generator.n_wires="3"'], 2, "n_wires"),
        (["train", "--set", "generator.layers=0"], 2, "layers"),
        (["train", "--set", "optimizer.generator.betas=[0.5,1.0]"], 2, "beta"),
        (["train", "--set", "optimizer.generator.lr=nan"], 2, "lr"),
        (["train", "--steps", "+5"], 2, "--resume"),
        (["train", "--steps", "9" * 5000], 2, "steps"),
        (["train", "--seed", "-1"], 2, "seed"),
        (["train", "--device", "tpu"], 2, "device"),
        (["train", "--shots", "0"], 2, "shots"),
        (["train", "--shots", "-5"], 2, "shots"),
        (["train", "--shots", "1.5"], 2, "shots"),
        (["train", "--shots", "8", "--set", "backend.gradient=backprop"], 2, "parameter-shift"),
        (["train", "--shots", "8", "--backend", "lightning.qubit", "--set", "backend.gradient=adjoint"], 2, "shift"),
        (["train", "--config", "nowhere.toml"], 2, "nowhere.toml"),
        (["train", "--config", "."], 2, "not a file"),
        (["train", "--resume", "nowhere"], 2, "is not a run"),
        (["train", "digits", "--resume", "nowhere"], 2, "Leave out"),
        (["train", "--plugin", "no_such_plugin"], 4, "no_such_plugin"),
        (["train", "--backend", "default.qubits"], 4, "Did you mean 'default.qubit'"),
        (["train", "--backend", "lightning.qbit"], 4, "Did you mean 'lightning.qubit'"),
        (["train", "--set", "generator.n_wires=40"], 7, "GiB"),
        (["train", "--backend", "lightning.qubit", "--set", "generator.n_wires=64"], 4, "64"),
        (["sample", "nowhere"], 2, "is not a run"),
        (["sample", "nowhere", "--out", "x.jpg"], 2, ".npz"),
        (["evaluate", "nowhere", "--samples", "1"], 2, "2 or more"),
        (["evaluate", "nowhere", "--shots-sweep", "128,many"], 2, "Got: many"),
        (["evaluate", "nowhere", "--noise-sweep", ","], 2, "nothing to sweep over"),
        (["evaluate", "nowhere", "--repeats", "3"], 2, "nothing to sweep over"),
        (["evaluate", "nowhere", "--shots-sweep", "128"], 2, "is not a run"),
        (["track", "nowhere", "--to", "tensorboard"], 2, "is not a run"),
        (["track", ".", "--to", "tensorbord"], 2, "Did you mean 'tensorboard'"),
        (["track", "."], 2, "--to"),
        (["recipes", "nothing"], 2, "Allowed"),
        (["circuits", "hardware-eficient"], 2, "Did you mean 'hardware-efficient'"),
        (["backends", "nothing"], 4, "Allowed"),
    ],
)
def test_mistakes_are_told_and_write_nothing(
    call: Call, tmp_path: Path, arguments: list[str], code: int, words: str
) -> None:
    done = call(*arguments)
    assert done.code == code, done.err
    assert words in " ".join(done.err.replace("│", " ").split())
    assert done.out == ""
    assert list(tmp_path.iterdir()) == []


def test_every_command_prints_one_json_document(
    call: Call, sets: tuple[str, ...], run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    for arguments in (
        ("train", "digits-classical", *sets),
        ("train", "--dry-run"),
        ("train", "--resume", run),
        ("sample", run, "-n", "3"),
        ("evaluate", run, "--samples", "5"),
        ("evaluate", run, "--shots-sweep", "8,exact", "--repeats", "2"),
        ("runs", run.parent),
        ("runs", "nowhere"),
        ("recipes",),
        ("recipes", "digits"),
        ("circuits",),
        ("circuits", "hardware-efficient"),
        ("backends",),
        ("backends", "lightning.gpu"),
        ("backends", "--advise", "--wires", "2", "--layers", "1", "--batch", "2"),
    ):
        done = call(*arguments, "--json")
        assert done.code == 0, done.err
        assert isinstance(json.loads(done.out), dict), arguments
        assert "NaN" not in done.out


def test_circuits_come_from_files_and_plugins_and_a_broken_one_hides_no_other(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from circuits import CIRCUITS

    # What the plugin puts into the table is taken out again.
    for name in ("mine", "broken"):
        monkeypatch.setitem(CIRCUITS, name, CIRCUITS["style"])
    plugin = "import circuits\ncircuits.CIRCUITS.update(mine=circuits.hardware_efficient, broken=lambda **_: None)\n"
    (tmp_path / "my_own_circuits.py").write_text(plugin, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    text = "OPENQASM 3; input float z; input float w; qubit[2] q; rx(z) q[0]; cx q[0], q[1]; ry(w) q;"
    (tmp_path / "mine.qasm").write_text(text, encoding="utf-8")
    listed = json.loads(call("circuits", "--plugin", "my_own_circuits", "--json").out)["circuits"]
    about = {row["name"]: row["about"] for row in listed}
    assert about["mine"] == about["hardware-efficient"]
    assert "makes no circuit" in about["broken"]
    assert list(about) == list(CIRCUITS)
    drawn = call("circuits", "qasm:mine.qasm")
    assert (drawn.code, drawn.err) == (0, "")
    assert "CNOT" in drawn.out
    assert "as it is in the file" in drawn.out
    (tmp_path / "mine.qasm").write_text(text.replace("ry", "measure"), encoding="utf-8")
    refused = call("circuits", "qasm:mine.qasm")
    assert (refused.code, refused.out) == (2, "")
    assert "mine.qasm, line 1" in refused.err


def test_pipes_and_no_color_get_no_escape_codes(call: Call, run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for environment in ({}, {"NO_COLOR": "1", "FORCE_COLOR": "1"}, {"TERM": "dumb", "COLUMNS": "20"}):
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        for arguments in (("recipes",), ("backends",), ("evaluate", run), ("runs", run.parent), ("--help",)):
            done = call(*arguments)
            assert done.code == 0
            # Typer's help keeps its bold where a terminal is forced.
            assert not re.search(r"\x1b\[[0-9;]*3[0-7]", done.out + done.err)
            if arguments != ("--help",) or "FORCE_COLOR" not in environment:
                assert "\x1b" not in done.out + done.err
        for name in environment:
            monkeypatch.delenv(name)


def test_a_terminal_without_unicode_gets_a_drawing_it_can_show() -> None:
    code = "import sys; sys.argv = ['qgan', 'circuits', 'hardware-efficient']\nfrom qgan.cli import main\nmain()"
    plain = {**os.environ, "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, env=plain, timeout=120)
    assert done.returncode == 0, done.stderr
    assert b"-RY-" in done.stdout
    assert b"?" not in done.stdout
    done.stdout.decode("ascii")


WORDS = st.sampled_from(
    [*" ".join(FLAGS.values()).split(), *FLAGS, "digits", "default.qubit", "lightning.qubit",
     "0", "-1", "+3", "1e9", "nan", "[", "x=", "train.steps=", "generator.name=x", "data.classes=[]",
     "data.classes=[99]", "optimizer.generator.name=lbfgs", "run.threads=0", "backend.shots=10",
     "loss.name=object", "name=1", "\udcff", "best", ".",
     "/proc", "x.npz", "--help", "-", "--"]
)  # fmt: skip


@settings(
    max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)
@given(
    command=st.sampled_from([*FLAGS]),
    pieces=st.lists(WORDS | st.text(st.characters(exclude_characters="\0"), max_size=8), max_size=5),
)
def test_any_arguments_end_with_a_code_of_the_table(call: Call, command: str, pieces: list[str]) -> None:
    more = ["--dry-run", "--set", "train.steps=0"] if command == "train" else []
    done = call(command, *more, *pieces)
    assert done.code in CODES, done.err


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    key=st.sampled_from(
        ["train.steps", "train.batch_size", "seed", "data.classes", "generator.layers", "backend.shots", "run.device",
         "evaluate.metrics", "optimizer.generator.lr", "train.until", "generator", "data.name", "discriminator.hidden"]
    ),
    value=st.sampled_from(
        ["", "null", "true", "-1", "1e400", "inf", "''", "[]", "{}", "[[]]", "'1'",  "2025-01-01",
         "0x10", "1_000_", "1.0", '"""']
    ),
)  # fmt: skip
def test_any_value_is_taken_or_refused_with_its_key(call: Call, key: str, value: str) -> None:
    done = call("train", "--dry-run", "--set", "generator.layers=1", "--set", f"{key}={value}")
    assert done.code in (0, 2), done.err
    if done.code:
        assert any(part in done.err for part in key.split("."))


def test_a_closed_registry_imports_nothing(call: Call) -> None:
    before = set(sys.modules)
    for name in ("os.system", "antigravity", "antigravity:x", "builtins.eval"):
        for part in ("generator", "data", "loss", "discriminator"):
            assert call("train", "--dry-run", "--set", f"{part}.name={name}").code == 2
    assert "antigravity" not in set(sys.modules) - before
