"""A folder of pictures: ``images:FOLDER``. Its folders, if it has some with pictures in them, are the classes."""

__all__ = ["ImageOptions", "image_folder"]

import warnings
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import Field

from qgan.data.reading import MOST_UNPACKED, FileOptions, existing, fault, finished
from qgan.data.scaling import Source
from qgan.errors import DataError
from qgan.samples import DataSet

_ENDINGS = {".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"}
# Others, such as PostScript, are programs that would be run.
_FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
_EIGHT_BITS = {"1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr", "HSV", "LAB"}
Side = Annotated[int, Field(ge=1, le=4096)]


class ImageOptions(FileOptions):
    """Options of a folder of pictures.

    Attributes:
        size: Height and width that all are brought to; None where they have one size already.
    """

    size: Annotated[tuple[Side, Side], Field(strict=False)] | None = None


def image_folder(options: ImageOptions, seed: int, *, argument: str) -> DataSet:
    """Grey images of shape (height, width), in the order of their names.

    Raises:
        DataError: For a folder without pictures, and for a picture that is broken or of another size.
    """
    folder = existing(argument, folder=True)
    try:
        groups = {place.name: _pictures(place) for place in sorted(folder.iterdir()) if place.is_dir()}
        loose = _pictures(folder)
    except OSError as error:
        raise fault(folder, "the folder cannot be read", got=error) from None
    groups = {name: files for name, files in groups.items() if files}
    if loose and groups:
        got = f"{len(loose)} in the folder itself, others in {', '.join(groups)}"
        raise fault(
            folder, "some pictures have a class and some have none", got=got, cure="Put all into folders, or none"
        )
    files = loose or [file for group in groups.values() for file in group]
    if not files:
        raise fault(folder, "there are no pictures in it", allowed=", ".join(sorted(_ENDINGS)))
    counts = [len(group) for group in groups.values()]
    labels = np.repeat(np.arange(len(groups)), counts) if groups else None
    images = _read(files, options.size)
    return finished(folder, Source(images, labels, "image", classes=tuple(groups)), options, kind="images", seed=seed)


def _pictures(folder: Path) -> list[Path]:
    return sorted(file for file in folder.iterdir() if file.suffix.lower() in _ENDINGS and file.is_file())


def _read(files: list[Path], size: tuple[int, int] | None) -> np.ndarray:
    """Shape (n, height, width), 0 to 255."""
    first = _grey(files[0], size)
    if len(files) * first.size > MOST_UNPACKED:
        got, cure = f"{len(files)} of {first.shape} pixels", "Set a smaller data.size"
        raise fault(files[0].parent, "the pictures need more than 2 GiB", got=got, cure=cure)
    images = np.empty((len(files), *first.shape), np.uint8)
    for place, file in enumerate(files):
        image = _grey(file, size)
        if image.shape != first.shape:
            cure = f"Set data.size=[{first.shape[0]}, {first.shape[1]}] to bring all to one size"
            raise fault(file, "the picture has another size", got=image.shape, allowed=first.shape, cure=cure)
        images[place] = image
    return images


def _grey(file: Path, size: tuple[int, int] | None) -> np.ndarray:
    from PIL import Image, ImageOps

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(file, formats=_FORMATS) as image:
                if image.mode not in _EIGHT_BITS:
                    allowed, cure = "8 bits for each colour", "Convert it"
                    raise fault(
                        file, "the picture has another depth", got=f"mode {image.mode}", allowed=allowed, cure=cure
                    )
                grey = ImageOps.exif_transpose(image).convert("L")
    except (OSError, ValueError, SyntaxError, Warning, Image.DecompressionBombError) as error:
        if isinstance(error, DataError):
            raise
        raise fault(file, "the picture cannot be read", got=error, cure="Replace or remove it") from None
    if size is not None and grey.size != (size[1], size[0]):
        grey = grey.resize(
            (size[1], size[0]), Image.Resampling.BOX if grey.width > size[1] else Image.Resampling.BICUBIC
        )
    return np.asarray(grey)
