"""Figure 5: how long the files are, and what the checkers say of them."""

__all__ = ["line_counts", "measure"]

import os
import subprocess
import sys
from pathlib import Path
from statistics import median

from benchmarks.evidence import ROOT, Figure, Workplace, table
from qgan._typing import Json

FOLDERS = ("qgan", "circuits", "tests", "benchmarks")
LONGEST = 400


def line_counts(root: Path, folders: tuple[str, ...] = FOLDERS) -> dict[str, int]:
    """Lines of each Python file, by its path from the root; empty files are left out."""
    counts = {
        str(file.relative_to(root)): len(file.read_text(encoding="utf-8").splitlines())
        for folder in folders
        for file in sorted((root / folder).rglob("*.py"))
    }
    return {name: count for name, count in counts.items() if count}


def measure(_place: Workplace) -> Figure:
    """Line counts, import contracts, types."""
    counts = line_counts(ROOT)
    folders = {folder: _summary({n: c for n, c in counts.items() if n.startswith(f"{folder}/")}) for folder in FOLDERS}
    results = {
        "allowed": LONGEST,
        "too_long": [name for name, count in counts.items() if count > LONGEST],
        "all": _summary(counts),
        "folders": folders,
        "files": counts,
        "import_linter": _tool("lint-imports", "--no-cache"),
        "pyright": _tool("pyright", "--pythonpath", sys.executable),
    }
    return Figure("Size of the code, its layers and its types", results, _body(results))


def _summary(counts: dict[str, int]) -> Json:
    longest = max(counts, key=lambda name: counts[name])
    lines = list(counts.values())
    return {
        "files": len(lines),
        "lines": sum(lines),
        "median": median(lines),
        "largest": counts[longest],
        "largest_file": longest,
    }


def _tool(name: str, *arguments: str) -> Json:
    command = Path(sys.executable).parent / name
    if not command.exists():
        raise RuntimeError(f"{name} is not installed. Run: make lint, which installs it")
    quiet = {"PYTHONIOENCODING": "utf-8", "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1", "NO_COLOR": "1", "COLUMNS": "100"}
    done = subprocess.run(
        [command, *arguments], cwd=ROOT, env={**os.environ, **quiet}, capture_output=True, encoding="utf-8", timeout=600
    )
    return {"code": done.returncode, "output": (done.stdout + done.stderr).strip()}


def _body(results: Json) -> str:
    rows = [
        (name, entry["files"], entry["lines"], entry["median"], f"{entry['largest']} (`{entry['largest_file']}`)")
        for name, entry in {**results["folders"], "all": results["all"]}.items()
    ]
    too_long = ", ".join(results["too_long"]) or "no file"
    types = results["pyright"]["output"].splitlines()
    _logo, _, contracts = results["import_linter"]["output"].rpartition("---------\nContracts\n---------\n")
    contracts = contracts.strip()
    return "\n\n".join(
        [
            f"Longer than {results['allowed']} lines: {too_long}. Empty files are not counted.",
            table(("folder", "files", "lines", "median", "largest"), rows),
            "## import-linter",
            f"```\n{contracts}\n```",
            "## pyright",
            f"`{types[-1] if types else 'no output'}`",
        ]
    )
