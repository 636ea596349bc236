import sys
from pathlib import Path

import pytest

from qgan.errors import BackendError, ConfigError
from qgan.plugins import load_plugins, require_plugins


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_module_in_the_current_folder_is_imported_and_the_path_put_back(tmp_path: Path) -> None:
    (tmp_path / "plugin_that_works.py").write_text("import sys\nSEEN = sys.path[0]\n")
    before = list(sys.path)
    load_plugins(["plugin_that_works"])
    assert sys.path == before
    assert str(tmp_path) == sys.modules["plugin_that_works"].SEEN
    require_plugins(["plugin_that_works"], "a run")


@pytest.mark.parametrize(
    "code", ["raise RuntimeError('cause')", "import sys; sys.exit('cause')", "from cause import x", "x = = cause"]
)
def test_a_broken_plugin_is_told_with_its_cause(tmp_path: Path, code: str) -> None:
    (tmp_path / "plugin_broken.py").write_text(code + "\n")
    before = list(sys.path)
    sys.modules.pop("plugin_broken", None)
    with pytest.raises(BackendError, match="'plugin_broken' cannot be loaded") as caught:
        load_plugins(["plugin_broken"])
    assert caught.value.exit_code == 4
    assert sys.path == before


@pytest.mark.parametrize("name", ["plugin_absent", "", "../evil", "plugin_absent.py", ".relative"])
def test_a_name_that_is_no_module_is_refused(name: str) -> None:
    with pytest.raises(BackendError):
        load_plugins([name])


def test_a_run_asks_for_its_plugins_and_never_imports_them(tmp_path: Path) -> None:
    (tmp_path / "plugin_not_asked_for.py").write_text("raise AssertionError\n")
    with pytest.raises(ConfigError, match="--plugin plugin_not_asked_for"):
        require_plugins(["plugin_not_asked_for"], "a run")
