import numpy as np
import pytest
from pydantic import ValidationError

from qgan.data.bars import BarsOptions, bars_and_stripes


@pytest.mark.parametrize(("rows", "columns", "count"), [(2, 2, 6), (3, 3, 14), (4, 4, 30), (1, 3, 8), (2, 5, 34)])
def test_every_pattern_is_of_whole_rows_or_whole_columns(rows: int, columns: int, count: int) -> None:
    data = bars_and_stripes(BarsOptions(rows=rows, columns=columns, size=3000), 0)
    images = data.train.values
    assert len(np.unique(images, axis=0)) == count
    stripes = (images == images[:, :, :1]).all(axis=(1, 2))
    bars = (images == images[:, :1, :]).all(axis=(1, 2))
    assert (bars | stripes).all()
    # Five standard errors of an even share.
    _, counts = np.unique(images, axis=0, return_counts=True)
    assert np.abs(counts - len(images) / count).max() < 5 * (len(images) / count) ** 0.5


@pytest.mark.parametrize("size", [(1, 1), (4, 5), (17, 1)])
def test_too_few_and_too_many_bits_are_refused(size: tuple[int, int]) -> None:
    with pytest.raises(ValidationError, match="2 to 16"):
        BarsOptions(rows=size[0], columns=size[1])
