"""The handwritten digits that come with scikit-learn: 1797 grey images of 8 x 8 pixels, ten classes.

Alpaydin and Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository (1998),
https://doi.org/10.24432/C50P49; scikit-learn ships its test half.
"""

__all__ = ["DigitsOptions", "digits"]

from typing import Annotated, Literal

import numpy as np
from pydantic import Field, field_validator

from qgan._registry import Options
from qgan.data.options import SplitShares
from qgan.data.parts import DEFAULT_SPLIT, assemble, split_rows
from qgan.samples import DataSet, Part, Scaling

_BRIGHTEST = 16


class DigitsOptions(Options):
    """Which digits, on which scale, cut how.

    Attributes:
        classes: The digits to generate; distinct, 0 to 9.
        scaling: ``unit`` puts the pixels in [0, 1], ``symmetric`` in [-1, 1].
        split: Shares of train, validation and test.
    """

    classes: Annotated[tuple[Annotated[int, Field(ge=0, le=9)], ...], Field(strict=False, min_length=1)] = (0,)
    scaling: Literal["unit", "symmetric"] = "unit"
    split: SplitShares = DEFAULT_SPLIT

    @field_validator("classes")
    @classmethod
    def _distinct(cls, classes: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(classes)) < len(classes):
            raise ValueError(f"classes must be distinct. Got: {classes}. Name each digit once.")
        return classes


def digits(options: DigitsOptions, seed: int) -> DataSet:
    """Images of shape (8, 8).

    All ten classes are split before the wanted ones are picked, so that ``labelled``, the training images of every
    class, never holds a validation or test image, and an image is in the same part whatever other digits are wanted.
    """
    from sklearn.datasets import load_digits

    pixels, classes = load_digits(return_X_y=True)
    labels = np.asarray(classes, dtype=np.int64)
    unit = pixels.reshape(-1, 8, 8).astype(np.float64) / _BRIGHTEST
    low, high = (0.0, 1.0) if options.scaling == "unit" else (-1.0, 1.0)
    everything = Part(low + (high - low) * unit, labels)
    parts = [everything.subset(rows) for rows in split_rows(labels, options.split, seed)]
    train, validation, test = (part.subset(np.isin(part.labels, options.classes)) for part in parts)  # pyright: ignore[reportArgumentType]
    name = "digits " + ",".join(str(digit) for digit in sorted(options.classes))
    factor = _BRIGHTEST / (high - low)
    return assemble(
        name,
        train=train,
        validation=validation,
        test=test,
        low=low,
        high=high,
        labelled=parts[0],
        kind="image",
        scaling=Scaling(-low * factor, factor),
    )
