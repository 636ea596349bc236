"""The pictures of a page, each drawn once: for the page, and as SVG and PDF for a paper."""
