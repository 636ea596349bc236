"""What the commands share: their common options, and what they write."""

__all__ = ["AsJson", "Budget", "Checkpoint", "Plugins", "RunPath", "Sets", "print_json", "say"]

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from qgan._typing import Json

Sets = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Override a setting: train.steps=200")
]
Plugins = Annotated[
    list[str] | None, typer.Option("--plugin", metavar="MODULE", help="A module with parts of your own")
]
Budget = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="What a quantum computer may be used for in all, such as 120s; needed for ibm:"),
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout, and nothing else there")]
Checkpoint = Annotated[
    str | None, typer.Option(metavar="STEP|best|last", help="Best on validation; by default what the run was judged by")
]
RunPath = Annotated[Path, typer.Argument(metavar="RUN", help="A run directory")]


def print_json(document: Json) -> None:
    """The one document on stdout."""
    sys.stdout.write(json.dumps(document, indent=2, allow_nan=False) + "\n")


def say(text: str) -> None:
    """To stderr, whatever its encoding, and without the control characters of foreign text."""
    clean = "".join(character if character.isprintable() or character == "\n" else "?" for character in text)
    encoding = sys.stderr.encoding or "utf-8"
    sys.stderr.write(clean.encode(encoding, "replace").decode(encoding) + "\n")
