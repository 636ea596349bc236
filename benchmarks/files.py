"""Figure 4: files that cannot be used, and what `qgan train` says of each."""

__all__ = ["measure"]

import json
import subprocess
import sys
from pathlib import Path

from benchmarks.evidence import ROOT, Figure, Workplace, say, table
from benchmarks.malformed import Malformed, malformed_files
from qgan._typing import Json

# One process for all: most of the time of a process is importing torch.
ASK = """
import contextlib, io, json, sys
from qgan import cli
for line in sys.stdin:
    sys.argv = ["qgan", "train", "digits-classical", "--dry-run", *json.loads(line)]
    out, err, code = io.StringIO(), io.StringIO(), 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            cli.main()
        except SystemExit as leaving:
            code = leaving.code
        except BaseException as error:
            code = repr(error)
    print(json.dumps({"code": code, "message": err.getvalue().strip()}), flush=True)
"""


def measure(place: Workplace) -> Figure:
    """One message and exit code 3 for each, and no traceback."""
    folder = place.work / "malformed"
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        _remove(old)
    cases = malformed_files(folder)[: 5 if place.quick else None]
    say(f"files: {len(cases)} of them")
    lines = "".join(json.dumps(_arguments(case)) + "\n" for case in cases)
    done = subprocess.run([sys.executable, "-c", ASK], input=lines, capture_output=True, text=True, check=True)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    results = [
        {"case": case.title, **answer, "clear": _clear(case, answer)}
        for case, answer in zip(cases, answers, strict=True)
    ]
    clear = sum(result["clear"] for result in results)
    body = "\n\n".join(
        [
            f"{len(results)} files that cannot be used, each given to `qgan train --dry-run`. **{clear}** got one "
            "message that names the place and the mistake, exit code 3, and no traceback; at least 40 were asked for.",
            table(("what is wrong", "exit code", "message"), [_row(result, folder) for result in results]),
        ]
    )
    shown = [{**result, "message": _short(result["message"], folder)} for result in results]
    return Figure("Malformed files", {"files": len(results), "clear": clear, "cases": shown}, body)


def _arguments(case: Malformed) -> list[str]:
    sets = {"data.name": case.name, **{f"data.{key}": value for key, value in case.options.items()}}
    return [f"--set={key}={json.dumps(value)}" for key, value in sets.items()]


def _clear(case: Malformed, answer: Json) -> bool:
    said = answer["message"]
    return answer["code"] == 3 and "Traceback" not in said and all(word in said for word in case.words)


def _short(message: str, folder: Path) -> str:
    return " ".join(
        message.replace(f"{folder}/", "").replace(str(folder), "the folder").replace(str(ROOT), "here").split()
    )


def _row(result: Json, folder: Path) -> tuple[str, str, str]:
    return result["case"], str(result["code"]), _short(result["message"], folder).replace("|", "\\|")


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        for inner in path.iterdir():
            _remove(inner)
        path.rmdir()
    else:
        path.unlink()
