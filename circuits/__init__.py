"""Quantum circuits and facts about them: PennyLane and numpy, nothing of learning. Angles are radians."""

__all__ = [
    "CIRCUITS",
    "INITIAL",
    "PATTERNS",
    "Circuit",
    "Resources",
    "begun_in",
    "begun_in_bits",
    "begun_uniform",
    "brickwork",
    "data_reuploading",
    "efficient_su2",
    "from_function",
    "from_qasm",
    "hardware_efficient",
    "iqp",
    "layers_of",
    "matrix_product",
    "read_qasm",
    "real_amplitudes",
    "strongly_entangling",
    "style",
    "with_basis_angle",
    "zoufal",
]

from circuits.begun import begun_in, begun_in_bits, begun_uniform, with_basis_angle
from circuits.brickwork import brickwork
from circuits.circuit import Circuit, Resources
from circuits.data_reuploading import data_reuploading
from circuits.efficient_su2 import efficient_su2
from circuits.functions import from_function
from circuits.hardware_efficient import hardware_efficient
from circuits.initial import INITIAL
from circuits.iqp import iqp
from circuits.layers import layers_of
from circuits.matrix_product import matrix_product
from circuits.patterns import PATTERNS
from circuits.qasm import from_qasm, read_qasm
from circuits.real_amplitudes import real_amplitudes
from circuits.strongly_entangling import strongly_entangling
from circuits.style import style
from circuits.table import Table
from circuits.zoufal import zoufal

CIRCUITS = Table(
    "qgan.circuits",
    {
        "hardware-efficient": hardware_efficient,
        "real-amplitudes": real_amplitudes,
        "efficient-su2": efficient_su2,
        "strongly-entangling": strongly_entangling,
        "style": style,
        "data-reuploading": data_reuploading,
        "brickwork": brickwork,
        "iqp": iqp,
        "matrix-product": matrix_product,
        "zoufal": zoufal,
    },
)
