"""Which runs there are; torch is not needed to know."""

__all__ = ["list_runs"]

from pathlib import Path


def list_runs(directory: Path) -> list[Path]:
    """The runs in a directory, oldest first; what is no run is passed over."""
    entries = sorted(directory.iterdir()) if directory.is_dir() else []
    return [path for path in entries if not path.name.startswith(".") and (path / "run.json").is_file()]
