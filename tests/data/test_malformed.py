"""Every file that cannot be used gives one message that names the place, and nothing else."""

import pytest

from benchmarks.malformed import Malformed, malformed_files
from qgan.data import DATA
from qgan.errors import DataError
from qgan.validation import validate

FEWEST = 40
KINDS = ("csv", "npy", "npz", "idx", "images")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Malformed]:
    return malformed_files(tmp_path_factory.mktemp("malformed files ü"))


def test_there_are_enough_of_them_and_of_every_kind(files: list[Malformed]) -> None:
    assert len({file.title for file in files}) == len(files) >= FEWEST
    assert {file.name.partition(":")[0] for file in files} == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_each_is_refused_with_one_message_that_says_where(files: list[Malformed], kind: str) -> None:
    accepted, unclear = [], []
    for file in (file for file in files if file.name.startswith(f"{kind}:")):
        entry = DATA.lookup(file.name)
        options = validate(entry.options, file.options, path="data")
        try:
            entry.make(options, 0)
        except DataError as error:
            message = str(error)
            missing = [word for word in file.words if word not in message]
            if missing or "\n" in message or len(message) > 700:
                unclear.append((file.title, missing, message))
        else:
            accepted.append(file.title)
    assert accepted == []
    assert unclear == []
