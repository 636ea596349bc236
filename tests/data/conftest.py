from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from qgan.data import DATA
from qgan.samples import DataSet
from qgan.validation import validate


def rows(n: int = 60) -> np.ndarray:
    """Three columns of very different size, in single precision, none of which repeats."""
    random = np.random.default_rng(0)
    return (random.random((n, 3)) * [1, 1000, 1e-3] + [0, -500, 7]).astype(np.float32)


def images(n: int = 60) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (n, 4, 5), dtype=np.uint8)


def _csv(path: Path) -> None:
    body = "\n".join(",".join(map(repr, row.tolist())) for row in rows().astype(float))
    path.write_text(f"a,b,c\n{body}\n")


def _npy(path: Path) -> None:
    np.save(path, rows(), allow_pickle=False)


def _npz(path: Path) -> None:
    np.savez(path, x=images())


def _idx(path: Path) -> None:
    path.write_bytes(b"\0\0\x08\x03" + np.array(images().shape, ">u4").tobytes() + images().tobytes())


def _images(path: Path) -> None:
    from PIL import Image

    for place, image in enumerate(images()):
        folder = path / "ab"[place % 2]
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(folder / f"{place:03}.png")


WRITERS: dict[str, Callable[[Path], None]] = {"csv": _csv, "npy": _npy, "npz": _npz, "idx": _idx, "images": _images}


@pytest.fixture(scope="session")
def named(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """The name of an entry as a configuration has it: with the path of a file, where it reads one."""
    folder = tmp_path_factory.mktemp("files")

    def named(name: str) -> str:
        if not DATA[name].argument:
            return name
        # No ending: a file is known by what is in it.
        path = folder / f"{name}-file.npy" if name == "npy" else folder / f"{name}-file.npz"
        if not path.exists():
            WRITERS[name](path)
        return f"{name}:{path}"

    return named


@pytest.fixture(scope="session")
def make(named: Callable[[str], str]) -> Callable[..., DataSet]:
    def make(name: str, *, seed: int = 7, **options: Any) -> DataSet:
        entry = DATA.lookup(named(name))
        return entry.make(validate(entry.options, options, path="data"), seed)

    return make
