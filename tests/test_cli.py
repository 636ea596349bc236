"""The command line: its flags, its exit codes, and what it writes where."""

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import qgan
from qgan import cli, config
from qgan.runs import RunDirectory

CODES = {0, 2, 3, 4, 5, 6, 7, 12}
SETS = (
    "--set=train.steps=4",
    "--set=train.batch_size=4",
    "--set=run.checkpoint_every=2",
    "--set=run.threads=1",
    "--set=evaluate.every=2",
    "--set=evaluate.metrics=['energy-distance']",
    "--set=evaluate.metric=energy-distance",
    "--set=evaluate.samples=8",
)
FLAGS = {
    "train": "--config --set --backend --shots --seed --steps --device --plugin --out --resume --dry-run --json "
    "--quiet",
    "sample": "-n --out --checkpoint --backend --shots --seed --plugin --json",
    "evaluate": "--samples --checkpoint --plugin --json",
    "runs": "--json",
    "recipes": "--json",
    "circuits": "--plugin --json",
    "backends": "--json",
}


@dataclass
class Done:
    code: int
    out: str
    err: str


class Qgan:
    """Calls the command line in this process."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch, self._capfd = monkeypatch, capfd

    def __call__(self, *arguments: str | Path) -> Done:
        self._monkeypatch.setattr(sys, "argv", ["qgan", *map(str, arguments)])
        self._capfd.readouterr()
        with pytest.raises(SystemExit) as leaving:
            cli.main()
        out, err = self._capfd.readouterr()
        assert "Traceback" not in err
        assert isinstance(leaving.value.code, int)
        return Done(leaving.value.code, out, err)


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Qgan:
    monkeypatch.chdir(tmp_path)
    return Qgan(monkeypatch, capfd)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    overrides = dict(config.assignment(text.removeprefix("--set=")) for text in SETS)
    tiny = {"generator.n_wires": 3, "generator.n_ancillas": 0, "generator.layers": 1}
    return qgan.fit("digits", overrides={**overrides, **tiny}, out=tmp_path_factory.mktemp("runs with space ü")).path


def nothing_written(folder: Path) -> bool:
    return list(folder.iterdir()) == []


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
        "try: main()\nfinally: print(sorted({'torch', 'pennylane', 'scipy', 'sklearn'} & set(sys.modules)))"
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
        (["recipes", "nothing"], 2, "Allowed"),
        (["circuits", "hardware-eficient"], 2, "Did you mean 'hardware-efficient'"),
        (["backends", "nothing"], 4, "Allowed"),
    ],
)
def test_mistakes_are_told_and_write_nothing(
    call: Qgan, tmp_path: Path, arguments: list[str], code: int, words: str
) -> None:
    done = call(*arguments)
    assert done.code == code, done.err
    assert words in " ".join(done.err.replace("│", " ").split())
    assert done.out == ""
    assert nothing_written(tmp_path)


def test_a_plugin_that_is_not_installed_names_its_extra(call: Qgan, tmp_path: Path) -> None:
    from qgan.backends import resolve

    if resolve("lightning.gpu").status().installed:
        pytest.skip("lightning.gpu is installed here")
    done = call("train", "--backend", "lightning.gpu")
    assert done.code == 4
    assert "qgan[gpu]" in done.err
    assert nothing_written(tmp_path)


@pytest.mark.parametrize(
    "content",
    [b"a = 1\na = 2\n", b"\tx\n", "seed = 1".encode("utf-16"), b"[1, 2]", b"seed = 010", b"x = " + b"[" * 3000,
     b"#" * (2**20 + 1), b"seed = '12:30'", b"[generator]\n_target_ = 'os.system'", b"\xff\xfe"],
)  # fmt: skip
def test_bad_files_are_refused(call: Qgan, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "mine.toml").write_bytes(content)
    assert call("train", "--config", "mine.toml", "--dry-run").code == 2


def test_a_fifo_is_no_configuration(call: Qgan, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    assert call("train", "--config", "fifo").code == 2


def test_a_recipe_is_printed_edited_and_trained(call: Qgan, tmp_path: Path) -> None:
    text = call("recipes", "digits-classical").out
    (tmp_path / "mine.toml").write_text(text.replace("seed = 0", "seed = 5"))
    done = call("train", "--config", "mine.toml", *SETS, "--out", "out")
    assert done.code == 0, done.err
    (path,) = (tmp_path / "out").iterdir()
    run = RunDirectory.open(path)
    assert run.config.seed == 5
    assert run.config.train.steps == 4
    assert str(path.relative_to(tmp_path)) in done.out.replace("\n", "")
    assert "samples.png" in done.out
    assert "\x1b" not in done.out + done.err


def test_divergence(call: Qgan, tmp_path: Path) -> None:
    wild = ("--set=optimizer.generator.name=sgd", "--set=optimizer.generator.lr=1e38", "--steps", "50")
    done = call("train", "digits-classical", *SETS, *wild, "--set=optimizer.discriminator.lr=1e30")
    assert done.code == 6, done.err
    assert re.search(r"checkpoints/step-\d{6}", done.err)
    (path,) = (tmp_path / "runs").iterdir()
    assert RunDirectory.open(path).status["state"] == "diverged"


def test_a_dry_run_writes_nothing_and_honours_every_change(call: Qgan, tmp_path: Path, run: Path) -> None:
    assert "lightning.qubit" in call("train", "--dry-run", "--backend", "lightning.qubit").out
    assert nothing_written(tmp_path)
    before = {file: file.read_bytes() for file in run.parent.rglob("*") if file.is_file()}
    arguments = ("train", "--resume", run, "--dry-run", "--json")
    assert json.loads(call(*arguments).out)["config"]["train"]["steps"] == 4
    plan = json.loads(call(*arguments, "--steps", "+6", "--backend", "lightning.qubit").out)
    assert plan["config"]["train"]["steps"] == 10
    assert plan["backend"] == plan["config"]["backend"]["name"] == "lightning.qubit"
    assert call(*arguments, "--seed", "9").code == 2
    assert {file: file.read_bytes() for file in run.parent.rglob("*") if file.is_file()} == before


def test_every_command_prints_one_json_document(call: Qgan, run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    for arguments in (
        ("train", "digits-classical", *SETS),
        ("train", "--dry-run"),
        ("train", "--resume", run),
        ("sample", run, "-n", "3"),
        ("evaluate", run, "--samples", "5"),
        ("runs", run.parent),
        ("runs", "nowhere"),
        ("recipes",),
        ("recipes", "digits"),
        ("circuits",),
        ("circuits", "hardware-efficient"),
        ("backends",),
        ("backends", "lightning.gpu"),
    ):
        done = call(*arguments, "--json")
        assert done.code == 0, done.err
        assert isinstance(json.loads(done.out), dict), arguments
        assert "NaN" not in done.out


def test_pipes_and_no_color_get_no_escape_codes(call: Qgan, run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for environment in ({}, {"NO_COLOR": "1", "FORCE_COLOR": "1"}, {"TERM": "dumb", "COLUMNS": "20"}):
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        for arguments in (("recipes",), ("backends",), ("evaluate", run), ("runs", run.parent), ("--help",)):
            done = call(*arguments)
            assert done.code == 0
            # NO_COLOR takes colours away; bold is left where a terminal is forced.
            assert not re.search(r"\x1b\[[0-9;]*3[0-7]", done.out + done.err)
            if "FORCE_COLOR" not in environment:
                assert "\x1b" not in done.out + done.err
        for name in environment:
            monkeypatch.delenv(name)


def test_a_terminal_without_unicode_gets_question_marks() -> None:
    code = "import sys; sys.argv = ['qgan', 'circuits', 'hardware-efficient']\nfrom qgan.cli import main\nmain()"
    plain = {**os.environ, "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, env=plain, timeout=120)
    assert done.returncode == 0, done.stderr
    assert b"RY" in done.stdout
    done.stdout.decode("ascii")


@pytest.mark.parametrize("ending", ["npz", "npy", "csv", "png"])
def test_samples_go_into_files(call: Qgan, tmp_path: Path, run: Path, ending: str) -> None:
    file = tmp_path / f"drawn ü.{ending}"
    assert call("sample", run, "-n", "6", "--out", file, "--seed", "3").code == 0
    first = file.read_bytes()
    assert call("sample", run, "-n", "6", "--out", file, "--seed", "3").code == 0
    expected = qgan.load(run).sample(6, seed=3).numpy()
    if ending == "png":
        assert first.startswith(b"\x89PNG")
        return
    found = {
        "npz": lambda: np.load(file)["values"],
        "npy": lambda: np.load(file),
        "csv": lambda: np.loadtxt(file, delimiter=",", skiprows=1, dtype=np.float32).reshape(6, 8, 8),
    }[ending]()
    assert np.array_equal(found, expected)


def test_samples_of_any_checkpoint_and_backend(call: Qgan, tmp_path: Path, run: Path) -> None:
    for number, more in enumerate((["--checkpoint", "best"], ["--checkpoint", "2"], ["--backend", "lightning.qubit"],
                                   ["--shots", "50"])):  # fmt: skip
        assert call("sample", run, "-n", "2", "--out", f"{number}.npy", *more).code == 0
        assert np.load(tmp_path / f"{number}.npy").shape == (2, 8, 8)
    assert call("sample", run, "--checkpoint", "3").code == 2
    assert call("sample", run, "-n", "0").code == 2
    assert call("sample", run, "--out", tmp_path / "no" / "where.npz").code == 7
    assert call("sample", run, "--shots", "0").code == 2


def test_a_run_of_names_made_in_python_is_gone_on_with_here(call: Qgan, run: Path) -> None:
    assert call("train", "--resume", run).code == 0
    done = call("train", "--resume", run, "--steps", "+2", "--json")
    assert done.code == 0, done.err
    child = Path(json.loads(done.out)["run"])
    assert child.parent == run.parent
    assert RunDirectory.open(child).status["step"] == 6
    for arguments, word in (
        (["--set", "optimizer.generator.lr=0.5"], "optimizer.generator.lr"),
        (["--seed", "3"], "seed"),
    ):
        refused = call("train", "--resume", run, *arguments)
        assert refused.code == 2
        assert word in refused.err


def test_one_unreadable_run_does_not_hide_the_others(call: Qgan, tmp_path: Path) -> None:
    for seed in (1, 2):
        RunDirectory.create(tmp_path, config.load("digits", changes=[("seed", seed)]), {})
    damaged = sorted(tmp_path.iterdir())[0]
    (damaged / "status.json").write_text("{")
    rows = json.loads(call("runs", tmp_path, "--json").out)["runs"]
    assert {row["state"] for row in rows} == {"created", "unreadable"}
    assert call("runs", tmp_path).code == 0


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
def test_any_arguments_end_with_a_code_of_the_table(call: Qgan, command: str, pieces: list[str]) -> None:
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
def test_any_value_is_taken_or_refused_with_its_key(call: Qgan, key: str, value: str) -> None:
    done = call("train", "--dry-run", "--set", "generator.layers=1", "--set", f"{key}={value}")
    assert done.code in (0, 2), done.err
    if done.code:
        assert any(part in done.err for part in key.split("."))


def test_a_closed_registry_imports_nothing(call: Qgan) -> None:
    before = set(sys.modules)
    for name in ("os.system", "antigravity", "antigravity:x", "builtins.eval"):
        for part in ("generator", "data", "loss", "discriminator"):
            assert call("train", "--dry-run", "--set", f"{part}.name={name}").code == 2
    assert "antigravity" not in set(sys.modules) - before
