"""From an OpenQASM file to a circuit: which parameters are latents and which are weights."""

__all__ = ["from_qasm", "read_qasm"]

import re
from pathlib import Path
from typing import Any

from circuits._checks import refusal
from circuits.circuit import Circuit, Weights
from circuits.qasm.reader import read

MOST_BYTES = 2**20
_LATENT = re.compile(r"_*(z|latent)[0-9]*(_.*)?")


def read_qasm(path: str | Path) -> Circuit:
    """The circuit of an OpenQASM 3 file, see :func:`from_qasm`. Its name is ``qasm:`` and the path.

    Args:
        path: A file of at most 1 MiB in UTF-8.

    Raises:
        ValueError: If it cannot be read as that; the message names the file, and the line where there is one.
    """
    path = Path(path)
    cure = "Give the path of an OpenQASM 3 file, such as qasm:mine.qasm"
    try:
        if not path.is_file():
            raise refusal(f"There is no file {path}", got=path, allowed="a plain file", cure=cure)
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise refusal(
            f"The file {path} cannot be read", got=error.strerror, allowed="a plain file", cure=cure
        ) from error
    if len(content) > MOST_BYTES:
        size = f"more than {MOST_BYTES} bytes"
        raise refusal(f"The file {path} is too large", got=size, allowed="1 MiB", cure="Give a smaller circuit")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise refusal(
            f"{path}, line {line}: the file is not UTF-8 text",
            got=f"the byte 0x{content[error.start]:02x}",
            allowed="UTF-8",
            cure="Save it as UTF-8",
        ) from error
    return from_qasm(text, name=f"qasm:{path}", source=str(path))


def from_qasm(text: str, *, name: str = "qasm", source: str = "OpenQASM") -> Circuit:
    """A circuit from OpenQASM 3 text with free parameters: ``input float NAME;`` or ``input angle NAME;``.

    A parameter is a latent if it is called ``z`` or ``latent``, also with a number or an underscore and more after it
    (``z``, ``z0``, ``z_left``, ``latent3``, and ``_z_0_``, as Qiskit writes ``z[0]``), and a weight if not (``zeta``).
    Latents and weights are numbered as they are declared, ``latent[..., i]`` and ``weights["w"][..., i]``.
    Qubits are wires in the order of theirs. Weights begin in U[0, 2π); none is known to be inert.

    Besides the declarations there may be barriers and the gates of ``stdgates.inc`` (and rxx, ryy, rzz), on qubits or
    whole registers, whose angles are numbers, pi, tau, euler and parameters joined by + - * / ** and parentheses.
    Nothing is executed and no other file is read.

    Args:
        text: OpenQASM 3.
        name: What the circuit is called.
        source: What messages call the text.

    Raises:
        ValueError: If there is anything else in it, or nothing to train; the message names the line.

    References:
        Cross A. W. et al., OpenQASM 3: A broader and deeper quantum assembly language, ACM Transactions on Quantum
        Computing 3, 12 (2022), arXiv:2104.14722.
    """
    program = read(text, source)
    latents = [parameter for parameter in program.parameters if _LATENT.fullmatch(parameter)]
    trained = [parameter for parameter in program.parameters if parameter not in latents]
    if not trained:
        raise refusal(
            f"{source} has nothing to train",
            got=f"the parameters {', '.join(latents)}" if latents else "no parameters",
            allowed="one weight or more",
            cure="Declare a parameter whose name does not begin with z or latent: input float theta;",
        )

    def queue(latent: Any, weights: Weights, entangled: bool) -> None:
        values = {parameter: latent[..., index] for index, parameter in enumerate(latents)}
        values |= {parameter: weights["w"][..., index] for index, parameter in enumerate(trained)}
        for gate, angles, wires in program.gates:
            gate.queue([angle(values) if callable(angle) else angle for angle in angles], wires, entangled)

    return Circuit(
        name=name,
        n_wires=program.n_wires,
        latent_dim=len(latents),
        weight_shapes={"w": (len(trained),)},
        queue=queue,
        doc=f"{len(program.gates)} gates read from {source}",
    )
