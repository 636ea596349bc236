"""What the package may know."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import circuits

MODULES = sorted(Path(circuits.__file__).parent.rglob("*.py"))
ALLOWED = {"circuits", "numpy", "pennylane", "matplotlib"} | sys.stdlib_module_names


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_a_module_imports_physics_and_nothing_of_learning(module: Path) -> None:
    nodes = list(ast.walk(ast.parse(module.read_text(encoding="utf-8"))))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "." for node in nodes if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in names} <= ALLOWED


def test_drawing_as_text_loads_nothing_of_learning() -> None:
    code = (
        "import sys; from circuits import CIRCUITS;"
        "CIRCUITS['hardware-efficient'](n_wires=2, layers=1).draw('text');"
        "print(*{'torch', 'qiskit', 'qgan'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_public_names_are_there() -> None:
    assert all(hasattr(circuits, name) for name in circuits.__all__)
    assert (Path(circuits.__file__).parent / "py.typed").exists()
