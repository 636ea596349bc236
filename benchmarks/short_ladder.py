"""A plugin for ``qgan compare``: a ladder of one size beyond the subject's, so that a whole comparison is small."""

from qgan.compare import planning

planning.RUNGS = planning.RUNGS[:2]
