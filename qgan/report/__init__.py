"""The page of a comparison, and of single runs: one file, for reading offline and on paper."""
