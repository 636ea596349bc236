import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

import qgan
from qgan import cli
from qgan.documents import assignment

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


@pytest.fixture
def sets() -> tuple[str, ...]:
    return SETS


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    overrides = dict(assignment(text.removeprefix("--set=")) for text in SETS)
    tiny = {"generator.n_wires": 3, "generator.n_ancillas": 0, "generator.layers": 1}
    return qgan.fit(
        "digits-patch", overrides={**overrides, **tiny}, out=tmp_path_factory.mktemp("runs with space ü")
    ).path
