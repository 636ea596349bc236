import subprocess
import sys
from pathlib import Path

import pytest

import qgan

ROOT = Path(qgan.__file__).parent.parent


def python(code: str, *, cwd: Path, path: list[Path]) -> subprocess.CompletedProcess[str]:
    """Runs code in a fresh interpreter with these directories first on the import path."""
    code = f"import sys; sys.path[:0] = {[str(place) for place in path]}\n{code}"
    return subprocess.run([sys.executable, "-c", code], cwd=cwd, capture_output=True, text=True, timeout=120)


def test_importing_loads_nothing_heavy(tmp_path: Path) -> None:
    code = "import qgan; print({'torch', 'pennylane', 'numpy', 'circuits'} & set(sys.modules))"
    result = python(code, cwd=tmp_path, path=[ROOT])
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == "set()"


@pytest.mark.parametrize("name", ["circuits.py", "circuits/__init__.py"])
def test_a_foreign_circuits_is_named_with_a_cure(tmp_path: Path, name: str) -> None:
    foreign = tmp_path / name
    foreign.parent.mkdir(exist_ok=True)
    foreign.write_text("raise SystemExit('the foreign module was run')\n")
    result = python("import qgan", cwd=tmp_path, path=[tmp_path, ROOT])
    message = result.stderr.splitlines()[-1]
    assert result.returncode == 1
    assert message.startswith("ImportError: Another 'circuits'")
    assert str(tmp_path.resolve() / "circuits") in message
    assert str(ROOT / "circuits") in message
    assert "Rename or uninstall the other one" in message


def test_a_circuits_in_the_working_directory_is_refused_where_it_would_be_imported(tmp_path: Path) -> None:
    (tmp_path / "circuits.py").touch()
    result = python("import qgan", cwd=tmp_path, path=[])
    assert "ImportError: Another 'circuits'" in result.stderr


def test_a_foreign_circuits_later_on_the_path_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "circuits.py").touch()
    result = python("import qgan, circuits; print(circuits.__file__)", cwd=ROOT, path=[ROOT, tmp_path])
    assert result.returncode == 0, result.stderr
    assert Path(result.stdout.strip()) == ROOT / "circuits" / "__init__.py"


def test_a_missing_circuits_is_named_with_a_cure(tmp_path: Path) -> None:
    (tmp_path / "copy" / "qgan").mkdir(parents=True)
    (tmp_path / "copy" / "qgan" / "__init__.py").write_bytes((ROOT / "qgan" / "__init__.py").read_bytes())
    code = f"sys.path[:] = [p for p in sys.path if 'site-packages' not in p and p != {str(ROOT)!r}]; import qgan"
    result = python(code, cwd=tmp_path, path=[tmp_path / "copy"])
    assert "ImportError: The package 'circuits', which is part of qgan, was not found" in result.stderr


def test_a_linked_checkout_is_ours(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(ROOT, target_is_directory=True)
    result = python("import qgan", cwd=tmp_path, path=[tmp_path / "link"])
    assert result.returncode == 0, result.stderr


def test_unknown_names_are_refused() -> None:
    with pytest.raises(AttributeError, match="no attribute 'fits'"):
        _ = qgan.fits  # pyright: ignore[reportAttributeAccessIssue]


def test_the_listing_shows_what_is_loaded_later() -> None:
    assert set(qgan.__all__) <= set(dir(qgan))


def test_the_version_is_that_of_the_distribution() -> None:
    assert qgan.__version__.count(".") == 2


def test_every_public_name_can_be_had() -> None:
    for name in qgan.__all__:
        assert getattr(qgan, name) is not None
