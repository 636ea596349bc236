"""The circuit of a run: by its name, from a file, or the user's own."""

__all__ = ["QASM", "file_of", "make_circuit"]

import inspect
from typing import Any

from circuits import CIRCUITS, Circuit, from_function, read_qasm
from qgan.errors import ConfigError, did_you_mean

# What the name of a circuit begins with that is a file.
QASM = "qasm:"


def make_circuit(own: Any, name: str, *, n_wires: int, layers: int, initial: str = "own", **more: Any) -> Circuit:
    """A circuit as a generator asks for it.

    Args:
        own: The user's, in place of a named one: a circuit, or a function of (latent, weights).
        name: A name of ``CIRCUITS``, or ``qasm:`` and a file, which brings its own wires and layers.
        n_wires: How many qubits.
        layers: How many layers.
        initial: How its weights begin, a name of ``circuits.INITIAL``.
        **more: What else the circuit has to choose, such as ``entangled`` and ``pattern``.

    Raises:
        ConfigError: If there is no such circuit, it has no such choice, or it refuses what was chosen.
    """
    try:
        if own is not None:
            circuit = _own(own, n_wires=n_wires, layers=layers)
        elif name.startswith(QASM):
            _require_known(name, set(), more)
            circuit = read_qasm(name.removeprefix(QASM))
        else:
            return _named(name, n_wires=n_wires, layers=layers, **more).with_initial(initial)
        circuit = circuit if more.get("entangled", True) else circuit.without_entanglement()
        return circuit.with_initial(initial)
    except ConfigError:
        raise
    except (ValueError, TypeError) as error:
        raise ConfigError(str(error)) from error


def file_of(name: object) -> Circuit | None:
    """The circuit of a name that is a file's, None for any other.

    Raises:
        ConfigError: If the file cannot be read.
    """
    if not isinstance(name, str) or not name.startswith(QASM):
        return None
    return make_circuit(None, name, n_wires=1, layers=1)


def _own(own: Any, *, n_wires: int, layers: int) -> Circuit:
    if isinstance(own, Circuit):
        return own
    # A plain function is given the shapes that most circuits have; others come as circuits.from_function(...).
    return from_function(own, n_wires=n_wires, weight_shapes={"w": (layers, n_wires)})


def _named(name: str, **options: Any) -> Circuit:
    if name not in CIRCUITS:
        # Not above: it loads torch, of which a listing of circuits has no need.
        from qgan.objects import OBJECT

        if name == OBJECT:
            raise ConfigError(
                "The circuit of this configuration was an object",
                cure="Give it again from Python: qgan.fit(..., circuit=...)",
            )
        raise ConfigError(
            f"There is no circuit called '{name}'",
            allowed=f"{', '.join(CIRCUITS)}, or {QASM}FILE",
            cure=f"{did_you_mean(name, CIRCUITS)}Use one of these, or load its plugin with --plugin MODULE",
        )
    make = CIRCUITS[name]
    parameters = inspect.signature(make).parameters.values()
    if not any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        _require_known(name, {parameter.name for parameter in parameters}, options)
    circuit = make(**options)
    if not isinstance(circuit, Circuit):
        raise ConfigError(
            f"What is called '{name}' makes no circuit",
            got=type(circuit).__name__,
            allowed="a circuits.Circuit",
            cure="Return circuits.Circuit(...) or circuits.from_function(...) from it",
        )
    return circuit


def _require_known(name: str, known: set[str], options: dict[str, Any]) -> None:
    for option, value in options.items():
        if option not in {*known, "n_wires", "layers", "entangled"}:
            raise ConfigError(
                f"The circuit '{name}' leaves no choice of {option}",
                got=f"generator.{option} = {value}",
                allowed="own" if option == "pattern" else "nothing",
                cure=f"Set generator.{option}=own" if option == "pattern" else f"Leave generator.{option} out",
            )
