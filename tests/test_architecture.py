"""The shape of the code: what it may import, how long a file may be, and what it must not do."""

import ast
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import qgan

ROOT = Path(__file__).resolve().parent.parent
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CHECKED = SETTINGS["tool"]["pyright"]["include"]
LIBRARY = sorted(file for package in ("qgan", "circuits") for file in (ROOT / package).rglob("*.py"))
HARD_CAP = 400

# What seeds a random state that somebody else may be using. Putting a saved state back is allowed: it undoes the harm.
GLOBAL_SEEDS = {
    "np.random.seed",
    "numpy.random.seed",
    "pnp.random.seed",
    "random.seed",
    "torch.cuda.manual_seed",
    "torch.cuda.manual_seed_all",
    "torch.manual_seed",
    "torch.random.manual_seed",
    "torch.seed",
}


def calls(tree: ast.AST, *, guarded: bool = False) -> Iterator[tuple[str, int, bool]]:
    """Every call: what is called, on which line, and whether inside ``with torch.random.fork_rng(...)``."""
    if isinstance(tree, ast.Call):
        yield ast.unparse(tree.func), tree.lineno, guarded
    if isinstance(tree, ast.With):
        guarded = guarded or any("fork_rng(" in ast.unparse(item.context_expr) for item in tree.items)
    for child in ast.iter_child_nodes(tree):
        yield from calls(child, guarded=guarded)


def library_calls() -> Iterator[tuple[str, str, bool]]:
    for file in LIBRARY:
        for name, line, guarded in calls(ast.parse(file.read_text(encoding="utf-8"))):
            yield name, f"{file.relative_to(ROOT)}:{line}", guarded


def test_the_type_checker_is_pointed_at_code() -> None:
    assert CHECKED == ["qgan", "circuits", "tests", "benchmarks"]
    for folder in CHECKED:
        assert list((ROOT / folder).rglob("*.py")), f"pyright is told to check '{folder}', where there is nothing"


def test_no_file_is_too_long_to_read() -> None:
    lines = {
        str(file.relative_to(ROOT)): len(file.read_text(encoding="utf-8").splitlines())
        for folder in CHECKED
        for file in (ROOT / folder).rglob("*.py")
    }
    assert {name: count for name, count in lines.items() if count > HARD_CAP} == {}


def test_the_library_never_prints() -> None:
    assert [place for name, place, _ in library_calls() if name in {"print", "pprint", "pprint.pprint"}] == []


def test_global_seeds_are_never_touched() -> None:
    assert [place for name, place, guarded in library_calls() if name in GLOBAL_SEEDS and not guarded] == []


def test_a_global_seed_would_be_found() -> None:
    code = "torch.manual_seed(1)\nwith torch.random.fork_rng():\n    torch.manual_seed(2)\ngenerator.manual_seed(3)"
    found = [line for name, line, guarded in calls(ast.parse(code)) if name in GLOBAL_SEEDS and not guarded]
    assert found == [1]


def test_nothing_is_unpickled() -> None:
    unsafe = {"pickle.load", "pickle.loads", "torch.load", "joblib.load", "np.load", "numpy.load", "dill.load"}
    found = []
    for file in LIBRARY:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in unsafe:
                safe = {("weights_only", "True"), ("allow_pickle", "False")}
                if not safe & {(argument.arg, ast.unparse(argument.value)) for argument in node.keywords}:
                    found.append(f"{file.relative_to(ROOT)}:{node.lineno}")
    assert found == []


def test_public_modules_say_what_is_public() -> None:
    """``__all__`` stands at the top, before the imports."""
    late = []
    for file in LIBRARY:
        if file.stem.startswith("_") and file.name != "__init__.py":
            continue
        body = [node for node in ast.parse(file.read_text(encoding="utf-8")).body if not isinstance(node, ast.Expr)]
        if body and not (isinstance(body[0], ast.Assign) and ast.unparse(body[0].targets[0]) == "__all__"):
            late.append(str(file.relative_to(ROOT)))
    assert late == []


def test_the_public_names_are_these() -> None:
    """A name added here is a name kept for good."""
    assert qgan.__all__ == ["Comparison", "Run", "__version__", "collect", "fit", "load", "submit", "train"]


def test_imports_go_one_way() -> None:
    linter = Path(sys.executable).parent / "lint-imports"
    result = subprocess.run(
        [linter, "--no-cache"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_help_loads_nothing_heavy() -> None:
    code = """
import sys
from qgan.cli import main
sys.argv = ["qgan", "--help"]
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
print("loaded:", sorted({"torch", "pennylane"} & set(sys.modules)))
"""
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stderr
    assert "Usage" in result.stdout
    assert result.stdout.splitlines()[-1] == "loaded: []"
