"""The command line. Heavy libraries are imported by the commands that need them, and by no other."""

__all__ = ["app", "main"]

from qgan.cli.app import app, main
