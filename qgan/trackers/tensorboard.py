"""TensorBoard: a directory of event files for each run. Nothing is sent anywhere."""

__all__ = ["TensorBoard", "numbers_in"]

import shlex
import struct
from pathlib import Path
from typing import Any, final

from qgan.trackers.history import History, Note, Point
from qgan.trackers.tracker import Kept, required

SUFFIX = ".qgan"
EVENTS = "events"


@final
class TensorBoard:
    """Writes event files, in double precision; a run that is longer than last time gets another file.

    Args:
        out: The directory that TensorBoard is pointed at.

    Raises:
        BackendError: If it is not installed.
    """

    def __init__(self, out: Path) -> None:
        self._tensorboard, self._out = required("torch.utils.tensorboard", extra="tensorboard"), out

    def keep(self, history: History) -> Kept:
        """Adds what is new. Where what is there is of another course of the run, its files are replaced."""
        folder = self._out / history.name
        kept = Kept(folder, f"tensorboard --logdir {shlex.quote(str(self._out))}")
        held = _accumulator(folder)
        new, notes = history.beyond(_numbers(held)), _texts(held)
        if new is None or notes != [_written(note) for note in history.notes[: len(notes)]]:
            for file in folder.glob(f"events.out.tfevents.*{SUFFIX}"):
                file.unlink()
            held, new, notes = _accumulator(folder), history.numbers, []
        pictures = {name: file for name, file in history.pictures.items() if name not in held.Tags()["images"]}
        if new or len(notes) < len(history.notes) or pictures:
            self._write(folder, history, new=new, first_note=len(notes), pictures=pictures, whole=not _numbers(held))
        return kept

    def _write(
        self,
        folder: Path,
        history: History,
        *,
        new: dict[str, list[Point]],
        first_note: int,
        pictures: dict[str, Path],
        whole: bool,
    ) -> None:
        summary = required("torch.utils.tensorboard.summary", extra="tensorboard")
        with self._tensorboard.SummaryWriter(str(folder), filename_suffix=SUFFIX) as writer:
            if whole:
                shown = {name: 0 for name in history.numbers if name.startswith("validation/")}
                for part in summary.hparams(history.config, shown):
                    writer.file_writer.add_summary(part)
            for name, points in new.items():
                for point in points:
                    # The old style has single precision only.
                    writer.add_scalar(
                        name, point.value, point.step, walltime=point.time, new_style=True, double_precision=True
                    )
            # A step that is lower than the last one makes TensorBoard forget: notes of a run gone on with go by number.
            for number, note in enumerate(history.notes[first_note:], start=first_note):
                writer.add_text(EVENTS, _written(note), number, walltime=note.time)
            last = max((points[-1].step for points in history.numbers.values()), default=0)
            for name, file in pictures.items():
                writer.file_writer.add_summary(_picture(summary, name, file.read_bytes()), last)


def numbers_in(folder: Path) -> dict[str, list[tuple[int, float]]]:
    """Steps and values by name, read by TensorBoard itself."""
    return _numbers(_accumulator(folder))


def _accumulator(folder: Path) -> Any:
    reader = required("tensorboard.backend.event_processing.event_accumulator", extra="tensorboard")
    folder.mkdir(parents=True, exist_ok=True)
    # 0 is for all of them, where it would keep a sample.
    return reader.EventAccumulator(str(folder), size_guidance={"tensors": 0, "images": 0, "scalars": 0}).Reload()


def _numbers(held: Any) -> dict[str, list[tuple[int, float]]]:
    make = required("tensorboard.util.tensor_util", extra="tensorboard").make_ndarray
    names = _names(held, "scalars")
    return {name: [(one.step, float(make(one.tensor_proto))) for one in held.Tensors(name)] for name in names}


def _texts(held: Any) -> list[str]:
    make = required("tensorboard.util.tensor_util", extra="tensorboard").make_ndarray
    names = _names(held, "text")
    return [make(one.tensor_proto).ravel()[0].decode() for name in names for one in held.Tensors(name)]


def _names(held: Any, plugin: str) -> list[str]:
    return [name for name in held.Tags()["tensors"] if held.SummaryMetadata(name).plugin_data.plugin_name == plugin]


def _written(note: Note) -> str:
    return f"**step {note.step}** {note.text}"


def _picture(summary: Any, name: str, png: bytes) -> Any:
    """The file as it is; width and height stand at the head of every PNG."""
    width, height = struct.unpack(">II", png[16:24])
    image = summary.Summary.Image(height=height, width=width, colorspace=4, encoded_image_string=png)
    return summary.Summary(value=[summary.Summary.Value(tag=name, image=image)])
