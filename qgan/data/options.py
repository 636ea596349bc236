"""What the options of several data sets have in common."""

__all__ = ["DrawnOptions", "OwnOptions", "SplitShares"]

from typing import Annotated, TypeAlias

from pydantic import AfterValidator, Field

from qgan._registry import Options
from qgan.data.parts import DEFAULT_SPLIT, Split, check_split
from qgan.data.scaling import Scales

SplitShares: TypeAlias = Annotated[Split, Field(strict=False), AfterValidator(check_split)]


class DrawnOptions(Options):
    """Options of data drawn from a known distribution.

    Attributes:
        size: Samples in all parts together.
        split: Shares of train, validation and test.
    """

    size: int = Field(default=2000, ge=10, le=10_000_000)
    split: SplitShares = DEFAULT_SPLIT


class OwnOptions(Options):
    """Options of data whose range is not known beforehand.

    Attributes:
        scaling: Fitted on the training part, and undone in exported samples: ``"unit"`` puts it in [0, 1],
            ``"symmetric"`` in [-1, 1], ``"standard"`` at mean 0 and standard deviation 1. Features have one each;
            the pixels of an image and the times of a series share one.
        split: Shares of train, validation and test.
        classes: Labels, or names of classes, to generate; None for all.
    """

    scaling: Scales = "unit"
    split: SplitShares = DEFAULT_SPLIT
    classes: Annotated[tuple[int | str, ...], Field(strict=False, min_length=1)] | None = None
