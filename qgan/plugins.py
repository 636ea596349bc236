"""Modules that a user names on the command line; a configuration never causes an import."""

__all__ = ["load_plugins", "require_plugins"]

import contextlib
import importlib
import os
import sys
from collections.abc import Iterable

from qgan.errors import BackendError, ConfigError


def load_plugins(modules: Iterable[str]) -> None:
    """Imports them, from the current folder too; they put their entries into the tables.

    Raises:
        BackendError: If one is missing or fails.
    """
    here = os.getcwd()  # noqa: PTH109
    for module in modules:
        sys.path.insert(0, here)
        try:
            with contextlib.redirect_stdout(sys.stderr):  # stdout may be promised to one JSON document
                importlib.import_module(module)
        except (Exception, SystemExit) as error:
            raise BackendError(
                f"The plugin '{module}' cannot be loaded",
                got=f"{type(error).__name__}: {error}",
                cure="Give the name of a module that Python can import, such as my_circuits for my_circuits.py",
            ) from error
        finally:
            sys.path.remove(here)


def require_plugins(modules: Iterable[str], run: str) -> None:
    """Sees that the plugins a run was made with are there; they are never imported because a file names them.

    Raises:
        ConfigError: If one is missing.
    """
    missing = [module for module in modules if module not in sys.modules]
    if missing:
        raise ConfigError(
            f"The run {run} was made with plugins that are not loaded",
            got=f"no {', '.join(missing)}",
            cure=f"Add {' '.join(f'--plugin {module}' for module in missing)}, or import them first in Python",
        )
