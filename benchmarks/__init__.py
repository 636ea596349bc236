"""Measurements behind the figures that the README states: see benchmarks/README.md."""
