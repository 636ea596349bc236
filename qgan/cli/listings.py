"""What there is to choose from: ``qgan recipes``, ``circuits`` and ``backends``."""

__all__ = ["backends", "circuits", "recipes"]

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from qgan._typing import Json
from qgan.cli.options import AsJson, Plugins, print_json
from qgan.errors import ConfigError

if TYPE_CHECKING:
    from qgan.backends import Backend


def recipes(
    name: Annotated[str | None, typer.Argument(help="Print this recipe; edit it and give it to --config")] = None,
    as_json: AsJson = False,
) -> None:
    """List recipes, or print one: qgan recipes digits > mine.toml"""
    from qgan import show
    from qgan.config import recipe_names, recipe_text
    from qgan.documents import parse_toml

    if name is not None:
        text = recipe_text(name)
        if as_json:
            print_json(parse_toml(text, source=name))
        else:
            sys.stdout.write(text)
        return
    rows = [{"name": each, "about": recipe_text(each).partition("\n")[0].removeprefix("# ")} for each in recipe_names()]
    if as_json:
        print_json({"recipes": rows})
    else:
        show.table("recipes", rows, "Print one: qgan recipes NAME")


def circuits(
    name: Annotated[str | None, typer.Argument(help="Draw this circuit, or that of qasm:FILE")] = None,
    plugin: Plugins = None,
    as_json: AsJson = False,
) -> None:
    """List circuits, or draw one and count its gates."""
    from circuits import CIRCUITS
    from qgan import show
    from qgan.circuitry import make_circuit
    from qgan.plugins import load_plugins

    load_plugins(plugin or [])
    rows: list[Json] = []
    for each in [name] if name is not None else CIRCUITS:
        try:
            circuit = make_circuit(None, each, n_wires=4, layers=2)
        except ConfigError as error:
            if name is not None:
                raise
            # One broken plugin hides none of the others.
            rows.append({"name": each, "about": f"cannot be used: {error}", "reference": ""})
            continue
        rows.append(
            {
                "name": each,
                "about": circuit.doc,
                "reference": circuit.reference,
                "resources": circuit.resources()._asdict(),
                "drawing": circuit.draw("text"),
            }
        )
    if as_json:
        print_json({"circuits": rows})
    elif name is None:
        show.table(
            "circuits",
            [{key: row[key] for key in ("name", "about", "reference")} for row in rows],
            "Draw one: qgan circuits NAME",
        )
    else:
        show.circuit(rows[0])


def backends(
    name: Annotated[str | None, typer.Argument(help="All there is to say of one")] = None,
    advise: Annotated[bool, typer.Option("--advise", help="Time all that are here on the circuit below")] = False,
    circuit: Annotated[str, typer.Option(help="With --advise: a circuit's name, or qasm:FILE")] = "hardware-efficient",
    wires: Annotated[int, typer.Option(min=1, max=64, help="With --advise: how many qubits")] = 5,
    layers: Annotated[int, typer.Option(min=1, help="With --advise: how many layers")] = 6,
    batch: Annotated[int, typer.Option(min=1, help="With --advise: how many rows")] = 32,
    as_json: AsJson = False,
) -> None:
    """List backends: installed or how to install, gradient method, broadcasting, memory."""
    from qgan import show
    from qgan.backends import names, resolve

    if advise:
        from qgan.backends.advice import advise as measured
        from qgan.backends.advice import conclusion, warnings
        from qgan.circuitry import make_circuit

        made = make_circuit(None, circuit, n_wires=wires, layers=layers)
        timings = measured(made, batch=batch, told=lambda each: show.note(f"Timing {each}"))
        text = conclusion(timings, n_wires=made.n_wires, batch=batch)
        slower = warnings(timings)
        if as_json:
            print_json({"timings": [timing._asdict() for timing in timings], "advice": text, "warnings": slower})
        else:
            title = f"{circuit}, {made.n_wires} qubits, {layers} layers, batch {batch}"
            show.advice(title, timings, text, slower)
        return
    rows: list[Json] = [_described(resolve(each)) for each in ([name] if name is not None else names())]
    if as_json:
        print_json({"backends": rows})
    else:
        show.backends(rows, whole=name is not None)


def _described(backend: "Backend") -> Json:
    status = backend.status()
    exact, sampled = backend.gradient(None), backend.gradient(1000)
    return {
        "name": backend.name,
        "installed": status.installed,
        "missing": status.missing,
        "install": status.cure,
        "gradient": exact._asdict(),
        "gradient_with_shots": sampled._asdict(),
        "broadcasting": backend.broadcasting,
        "bytes_for_qubits": {str(n): backend.memory(n, batch=32, n_gates=20 * n) for n in (5, 10, 15, 20, 25, 30)},
    }
