"""Loading a model: from its two files, and never by running code from them."""

from __future__ import annotations

import hashlib
import json
import pickle
import shutil
import zipfile
from pathlib import Path

import pytest
import skops.io
from sklearn.preprocessing import FunctionTransformer

from monitoring.errors import MonitoringError
from serving.app import create_app
from serving.encoder import NotANumber
from serving.model import (
    BACKGROUND_FILE,
    BATCH_ROWS,
    DESCRIPTION_FILE,
    LARGEST_MODEL,
    MODEL_FILE,
    ModelError,
    Predictor,
)


@pytest.fixture
def model_dir(built: Path, tmp_path: Path) -> Path:
    """A copy of the model to spoil."""
    return Path(shutil.copytree(built / "model", tmp_path / "model"))


class Canary:
    """Touches a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def describe(model_dir: Path, **changes: object) -> None:
    path = model_dir / DESCRIPTION_FILE
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def vouch_for(model_dir: Path, *others: str) -> None:
    """Make the description name the files' present sha256, as an attacker would."""
    digests = {
        name: hashlib.sha256((model_dir / name).read_bytes()).hexdigest()
        for name in (MODEL_FILE, *others)
    }
    describe(model_dir, files=digests)


def test_a_pickle_is_refused_and_does_not_run(model_dir, tmp_path):
    canary = tmp_path / "canary"
    (model_dir / MODEL_FILE).write_bytes(pickle.dumps(Canary(canary)))
    vouch_for(model_dir)
    with pytest.raises(ModelError, match="not a skops archive"):
        Predictor.load(model_dir)
    assert not canary.exists()
    pickle.loads(pickle.dumps(Canary(canary)))  # noqa: S301 - the canary does sing
    assert canary.exists()


def test_a_type_that_is_not_trusted_is_refused(model_dir):
    skops.io.dump(FunctionTransformer(shutil.rmtree), model_dir / MODEL_FILE)
    vouch_for(model_dir)
    with pytest.raises(ModelError, match=r"not trusted.*rmtree"):
        Predictor.load(model_dir)


def test_something_else_than_a_pipeline_is_refused(model_dir):
    skops.io.dump([1, 2], model_dir / MODEL_FILE)
    vouch_for(model_dir)
    with pytest.raises(ModelError, match="holds a list"):
        Predictor.load(model_dir)


def test_a_truncated_archive_is_refused(model_dir):
    path = model_dir / MODEL_FILE
    path.write_bytes(path.read_bytes()[:1000])
    vouch_for(model_dir)
    with pytest.raises(ModelError, match="not a skops archive"):
        Predictor.load(model_dir)


def test_an_archive_without_a_schema_is_refused(model_dir):
    with zipfile.ZipFile(model_dir / MODEL_FILE, "w") as archive:
        archive.writestr("readme.txt", "no model")
    vouch_for(model_dir)
    with pytest.raises(ModelError, match="damaged skops archive"):
        Predictor.load(model_dir)


def test_an_archive_that_says_it_unpacks_to_too_much_is_refused(model_dir):
    with zipfile.ZipFile(model_dir / MODEL_FILE, "w") as archive:
        archive.writestr("0.npy", "small")
        archive.infolist()[0].file_size = LARGEST_MODEL + 1
    vouch_for(model_dir)
    with pytest.raises(ModelError, match="unpacks to more than"):
        Predictor.load(model_dir)


def test_two_files_of_different_trainings_are_refused(model_dir):
    path = model_dir / MODEL_FILE
    path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(ModelError, match="not of one training"):
        Predictor.load(model_dir)


@pytest.mark.parametrize("name", [MODEL_FILE, DESCRIPTION_FILE])
def test_a_missing_file_is_named(model_dir, name):
    (model_dir / name).unlink()
    with pytest.raises(ModelError, match=rf"{name}: missing"):
        Predictor.load(model_dir)


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"files": {"model.skops": "0"}}'])
def test_a_description_that_is_none_is_named(model_dir, text):
    (model_dir / DESCRIPTION_FILE).write_text(text)
    with pytest.raises(ModelError, match=DESCRIPTION_FILE):
        Predictor.load(model_dir)


def test_background_rows_of_another_training_are_refused(model_dir):
    with (model_dir / BACKGROUND_FILE).open("a") as file:
        file.write("\n")
    with pytest.raises(ModelError, match=r"background\.csv: does not match"):
        Predictor.load(model_dir)


def test_background_rows_that_are_named_and_not_there_are_refused(model_dir):
    (model_dir / BACKGROUND_FILE).unlink()
    with pytest.raises(ModelError, match=r"background\.csv: missing"):
        Predictor.load(model_dir)


def test_background_rows_of_other_columns_are_refused(model_dir):
    (model_dir / BACKGROUND_FILE).write_text("a,b\n1,2\n")
    vouch_for(model_dir, BACKGROUND_FILE)
    with pytest.raises(ModelError, match="not those of the model's schema"):
        Predictor.load(model_dir)


def test_a_model_of_an_earlier_build_has_no_background_rows_and_answers(model_dir, traffic):
    (model_dir / BACKGROUND_FILE).unlink()
    vouch_for(model_dir)
    predictor = Predictor.load(model_dir)
    assert predictor.background == ()
    assert predictor.predict(traffic[:1])


def test_an_application_whose_model_cannot_be_loaded_is_never_made(tmp_path):
    with pytest.raises(MonitoringError):
        create_app(tmp_path)


def test_a_row_in_a_late_batch_is_named_by_its_place_in_the_request(predictor, traffic):
    rows = [traffic[0]] * (BATCH_ROWS + 5)
    rows[BATCH_ROWS + 2] = ["much", *traffic[0][1:]]
    with pytest.raises(NotANumber) as caught:
        predictor.predict(rows)
    assert caught.value.row == BATCH_ROWS + 2
