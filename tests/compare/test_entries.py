"""A model as it is written down gives the configuration that its runs have."""

import pytest

from qgan import config
from qgan.compare.comparison import Comparison
from qgan.compare.entries import Book, Entry
from qgan.compare.stored import read, write
from qgan.errors import CheckpointError, ConfigError


@pytest.mark.parametrize("recipe", config.recipe_names())
def test_the_configuration_survives_its_file_on_every_seed(recipe, tmp_path):
    asked = config.load(recipe, changes=[("run.threads", 1)])
    write(tmp_path / "models.json", Book("", (Entry("subject", "subject", "It.", asked.document()),)))
    entry = read(tmp_path / "models.json", Book).entries[0]
    assert entry.config(asked.seed) == asked
    assert entry.config(7) == asked.model_copy(update={"seed": 7})


def test_configurations_are_those_of_the_runs(begun):
    compared = Comparison(begun).recipes[0]
    for entry in compared.book.entries[:-1]:
        for seed in compared.seeds:
            text = (begun / compared.places.run(entry.name, seed) / "config.toml").read_text()
            assert text == config.to_toml(entry.config(seed))


def test_a_document_that_is_none_is_refused():
    entry = Entry("subject", "subject", "It.", {**config.load("ring").document(), "traim": {}})
    with pytest.raises(ConfigError, match="traim"):
        entry.config(0)


def test_a_book_has_a_subject(tmp_path):
    (tmp_path / "models.json").write_text('{"declaration": "", "entries": []}')
    with pytest.raises(CheckpointError, match="entries"):
        read(tmp_path / "models.json", Book)
