"""What to cite: BibTeX of every method that a page rests on."""

__all__ = ["entries_for"]

import re
from collections.abc import Iterable, Iterator, Mapping
from importlib import resources

from qgan._typing import Json

ENTRY = re.compile(r"^@\w+\{([^,]+),.*?^\}$", re.MULTILINE | re.DOTALL)

# Behind every run; behind every comparison: tests, corrections, intervals, bands, time to skill.
ALWAYS = ("bergholm2018pennylane", "paszke2019pytorch")
COMPARISON = ("fisher1935design", "pitman1937significance", "hartigan1969using", "holm1979simple",
              "westfall2001optimally", "schuirmann1987comparison", "maurer1995multiple", "agarwal2021deep",
              "efron1987better", "kaplan1958nonparametric", "mantel1966evaluation")  # fmt: skip
# Gradients on quantum computers, by parameter shift.
SHIFT = ("mitarai2018quantum", "schuld2019evaluating")
ON_TOP = {"comparison": COMPARISON, "tuning": ("bergstra2011algorithms", "akiba2019optuna"),
          # Its circuits are counted by the rule.
          "hardware": SHIFT}  # fmt: skip
# By what a configuration names, wherever it stands.
METHODS: Mapping[str, tuple[str, ...]] = {
    "adam": ("kingma2015adam",),
    "adamw": ("loshchilov2019decoupled",),
    "parameter-shift": SHIFT,
    "spsa": ("spall1992multivariate",),
    "batched.qubit": ("jones2020efficient",),
    "non-saturating": ("goodfellow2014generative",),
    "minimax": ("goodfellow2014generative",),
    "least-squares": ("mao2017least",),
    "hinge": ("lim2017geometric",),
    "wasserstein": ("arjovsky2017wasserstein",),
    "weight-clipping": ("arjovsky2017wasserstein",),
    "gradient-penalty": ("gulrajani2017improved",),
    "r1": ("mescheder2018which",),
    "patch": ("huang2021experimental",),
    "batch-patch": ("huang2021experimental",),
    "hardware-efficient": ("huang2021experimental",),
    "style": ("bravoprieto2022style",),
    "zoufal": ("zoufal2019quantum",),
    "born": ("zoufal2019quantum",),
    "bimodal": ("zoufal2019quantum",),
    "lognormal": ("zoufal2019quantum",),
    "triangular": ("zoufal2019quantum",),
    "bars-and-stripes": ("mackay2003information", "benedetti2019generative"),
    "digits": ("alpaydin1998optical",),
    "gaussian-ring": ("srivastava2017veegan",),
    "gaussian-grid": ("srivastava2017veegan",),
    "latent": ("silver2023mosaiq",),
    "prior": ("rudolph2022generation",),
    "coordinate": ("skorokhodov2021adversarial", "tancik2020fourier"),
    "orthogonal": ("clements2016optimal",),
    "dequantised": ("schuld2021effect", "sweke2023potential"),
    "strongly-entangling": ("schuld2020circuit",),
    "data-reuploading": ("perezsalinas2020data",),
    "real-amplitudes": ("kandala2017hardware",),
    "efficient-su2": ("kandala2017hardware",),
    "brickwork": ("cerezo2021cost",),
    "iqp": ("coyle2020born",),
    "conv": ("radford2016unsupervised",),
    "spectral_norm": ("miyato2018spectral",),
    "conditional": ("mirza2014conditional",),
    "ema": ("yazici2019unusual",),
    "sliced-wasserstein": ("bonneel2015sliced",),
    "energy-distance": ("szekely2013energy",),
    "mmd": ("gretton2012kernel",),
    "frechet-distance": ("dowson1982frechet",),
    "precision": ("kynkaanniemi2019improved",),
    "recall": ("kynkaanniemi2019improved",),
    "density": ("naeem2020reliable",),
    "coverage": ("naeem2020reliable",),
    "recognised": ("shmelkov2018how",),
    "c2st": ("lopezpaz2017revisiting",),
    "novelty": ("meehan2020nonparametric",),
    "mode-coverage": ("srivastava2017veegan",),
    "high-quality": ("srivastava2017veegan",),
    "kl": ("kullback1951information",),
    "reverse-kl": ("kullback1951information",),
    "jensen-shannon": ("lin1991divergence",),
    "total-variation": ("gibbs2002choosing",),
    "hellinger": ("gibbs2002choosing",),
    "cnn-frechet": ("heusel2017gans",),
    "cnn-kernel": ("binkowski2018demystifying",),
}


def entries_for(documents: Iterable[Json], *, also: Iterable[str] = ()) -> list[Json]:
    """BibTeX entries and what they are cited for.

    Args:
        documents: Configurations of runs.
        also: ``"comparison"`` for what every comparison rests on, ``"tuning"`` for the search for settings,
            ``"hardware"`` for the estimate of a training on a quantum computer.
    """
    cited: dict[str, list[str]] = {key: ["every run"] for key in ALWAYS}
    for what in also:
        cited |= {key: [what] for key in ON_TOP[what]}
    for name in sorted({each for document in documents for each in _named(document)}):
        for key in METHODS.get(name, ()):
            cited.setdefault(key, []).append(name)
    known = library()
    return [{"key": key, "for": ", ".join(why), "bibtex": known[key]} for key, why in sorted(cited.items())]


def library() -> dict[str, str]:
    """All entries of the package, by key."""
    text = resources.files("qgan.report").joinpath("methods.bib").read_text("utf-8")
    return {match[1]: match[0] for match in ENTRY.finditer(text)}


def _named(value: object) -> Iterator[str]:
    """Every text in a configuration, and every switch that is on."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, each in value.items():
            if each is True or (key == "ema" and each):
                yield str(key)
            yield from _named(each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _named(each)
