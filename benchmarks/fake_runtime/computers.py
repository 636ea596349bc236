"""The computers of the fake: what Qiskit's fakes of them were once measured to be."""

__all__ = ["Computer", "computer"]

import json
from pathlib import Path
from typing import NamedTuple

from qiskit_ibm_runtime import fake_provider

from qgan._typing import Json
from qgan.files import read_json


class Computer(NamedTuple):
    """As the service describes one.

    Attributes:
        name: With ``ibm_``.
        configuration: Its gates, and which qubits they join.
        properties: Their errors.
    """

    name: str
    configuration: Json
    properties: Json

    @property
    def listed(self) -> Json:
        return {
            "name": self.name,
            "status": {"name": "online", "reason": "available"},
            "is_simulator": False,
            "qubits": self.configuration["n_qubits"],
            "queue_length": 0,
            "processor_type": self.configuration["processor_type"],
        }


def computer(name: str) -> Computer:
    """One of those whose files come with the client, such as "manila" or "torino".

    Raises:
        ValueError: If there is none of that name.
    """
    folder = Path(fake_provider.__file__).parent / "backends" / name
    if not folder.is_dir():
        known = sorted(each.parent.name for each in folder.parent.glob("*/conf_*.json"))
        raise ValueError(f"no fake computer is called {name!r}; there are {json.dumps(known)}")
    named = {"backend_name": f"ibm_{name}"}
    configuration, properties = (read_json(folder / f"{kind}_{name}.json") for kind in ("conf", "props"))
    return Computer(named["backend_name"], configuration | named, properties | named)
