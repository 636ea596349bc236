"""The page of a comparison, and of single runs: one file, for reading offline and on paper."""

__all__ = ["Written", "report_comparison", "report_runs"]

from qgan.report.page import Written, report_comparison, report_runs
