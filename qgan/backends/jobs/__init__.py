"""Jobs that cost something: counted before they are sent, written down before and after, fetched once, and never lost.

Nothing here knows Qiskit.
"""
