"""The page of a comparison, and of single runs: one file, for reading offline and on paper."""

__all__ = ["Written", "write_report"]

from qgan.report.page import Written, write_report
