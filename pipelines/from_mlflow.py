"""From MLflow: a scikit-learn model that was logged there, as one that this build can register.

Needs     `runs:/<run id>/<name>` or another URI that MLflow resolves, and the directory that
          `preprocess` wrote: MLflow keeps neither the columns' meaning nor the rows that
          threshold, evaluation and baselines are made from
Writes    the model in our own form, which answers as the logged one does; its report and its
          baselines, as the steps `evaluate` and `baseline` write them

Loading a pickle runs its code, and MLflow's own loader trusts whatever types a skops file
brings a list of. So the file is fetched and loaded here: skops with our list of types; a
pickle only when told to trust it. A binary classifier is wanted that takes rows of text (its
first step is a `RowEncoder`) or, where every column is numeric, a matrix in their order.
"""

from __future__ import annotations

import os
import pickle
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import skops.io
import yaml
from sklearn.pipeline import Pipeline
from skops.io.exceptions import UnsupportedTypeException, UntrustedTypesFoundException

from monitoring.errors import MonitoringError, UsageError
from pipelines import data
from pipelines.baseline import baseline
from pipelines.evaluate import evaluate
from pipelines.models.base import Model, Table
from pipelines.train import INPUTS, store
from serving.encoder import NotANumber, RowEncoder
from serving.model import LARGEST_MODEL, TRUSTED, Predictor
from serving.number_matrix import NumberMatrix

MLMODEL = "MLmodel"
SKOPS = "skops"
SAME = 1e-12
"""By how much the answers of the model may differ from those of the logged one."""


class MlflowError(MonitoringError):
    """A logged model that cannot be brought here."""


def bring(uri: str, directory: Path, output: Path, *, trust_pickle: bool = False) -> Predictor:
    """Write a logged model to `output` as `train` writes one, and load it from there.

    Raises MlflowError for what MLflow holds, UsageError for the data.
    """
    model = data.read_model(directory)
    parts = {part: data.read(directory, part, model) for part in INPUTS}
    logged = logged_at(uri, trust_pickle=trust_pickle)
    pipeline = adapted(uri, logged, model, parts["validation"])
    predictor = store(pipeline, model, parts, data.digest(directory, INPUTS), output)
    _check_same(uri, logged, pipeline, predictor, parts["validation"])
    return predictor


def build(uri: str, directory: Path, output: Path, trust_pickle: bool) -> tuple[Path, Path, Path]:
    """The directories of `train`, `evaluate` and `baseline` of a logged model, under `output`."""
    made = output / "model", output / "report", output / "baseline"
    bring(uri, directory, made[0], trust_pickle=trust_pickle)
    evaluate(directory, made[0], made[1])
    baseline(directory, made[0], made[2])
    return made


def logged_at(uri: str, *, trust_pickle: bool = False) -> Any:
    """The estimator that MLflow holds under a URI; raises MlflowError."""
    with TemporaryDirectory() as here:
        path = _fetched(uri, here)
        try:
            flavor = yaml.safe_load((path / MLMODEL).read_text())["flavors"]["sklearn"]
            file = path / Path(str(flavor["pickled_model"])).name
        except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
            raise MlflowError(
                f"{uri}: MLflow holds no scikit-learn model there ({MLMODEL} has no sklearn "
                "flavor); name one that mlflow.sklearn.log_model logged"
            ) from error
        if flavor.get("serialization_format") == SKOPS:
            return _from_skops(uri, file)
        if not trust_pickle:
            raise MlflowError(
                f"{uri}: was logged as {flavor.get('serialization_format', 'pickle')}, and "
                "loading that runs whatever code is in it. Log it with "
                'serialization_format="skops", or pass --trust-pickle if you made it yourself'
            )
        return _from_pickle(uri, file)


def _fetched(uri: str, here: str) -> Path:
    # Set before the import: MLflow reports its use to its makers unless told not to.
    for name in ("MLFLOW_DISABLE_TELEMETRY", "DO_NOT_TRACK"):
        os.environ.setdefault(name, "true")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    try:
        from mlflow.artifacts import download_artifacts
        from mlflow.exceptions import MlflowException
    except ModuleNotFoundError as error:
        raise UsageError(
            f"{uri}: MLflow is not installed here; pip install mlflow-skinny"
        ) from error
    try:
        return Path(download_artifacts(artifact_uri=uri, dst_path=here))
    except (MlflowException, OSError) as error:
        cause = getattr(error, "error_code", type(error).__name__)
        raise MlflowError(
            f"{uri}: MLflow cannot fetch it ({cause}). Check the run's id and the model's name, "
            "and that MLFLOW_TRACKING_URI names the store it was logged to; of a store of files "
            "MLflow wants MLFLOW_ALLOW_FILE_STORE=true besides"
        ) from error


def _from_skops(uri: str, file: Path) -> Any:
    try:
        with zipfile.ZipFile(file) as archive:
            size = sum(member.file_size for member in archive.infolist())
        if size > LARGEST_MODEL:
            raise MlflowError(f"{uri}: unpacks to more than {LARGEST_MODEL} bytes; not loaded")
        return skops.io.load(file, trusted=list(TRUSTED))
    except (UntrustedTypesFoundException, UnsupportedTypeException) as error:
        raise MlflowError(
            f"{uri}: holds types that are not trusted, and loading could run their code; a "
            f"model may hold scikit-learn's types and {', '.join(TRUSTED)} ({error})"
        ) from error
    except (OSError, zipfile.BadZipFile, KeyError, ValueError, TypeError) as error:
        raise MlflowError(f"{uri}: a damaged skops archive ({type(error).__name__})") from error


def _from_pickle(uri: str, file: Path) -> Any:
    try:
        with file.open("rb") as opened:
            return pickle.load(opened)  # noqa: S301 (the caller was warned, and trusts it)
    except Exception as error:
        raise MlflowError(
            f"{uri}: the pickle cannot be loaded here ({type(error).__name__}); it may need the "
            "libraries it was made with. Log it with skops instead"
        ) from error


def adapted(uri: str, logged: Any, model: Model, table: Table) -> Pipeline:
    """The logged model behind something that reads rows of text; raises MlflowError."""
    _check_classes(uri, logged, model)
    steps = list(logged.steps) if isinstance(logged, Pipeline) else [("model", logged)]
    if isinstance(steps[0][1], RowEncoder):
        return Pipeline(steps)
    if model.schema.categorical:
        names = ", ".join(model.schema.names[at] for at in model.schema.categorical)
        raise MlflowError(
            f"{uri}: {names} are categories, and how the model wants them is unknown. Log a "
            "Pipeline whose first step is serving.encoder.RowEncoder, so that it reads text"
        )
    _check_columns(uri, logged, model)
    for _, step in steps:
        # What serving sends has no names; scikit-learn would warn of that on every request.
        vars(step).pop("feature_names_in_", None)
    matrix = NumberMatrix(takes_missing=_takes_missing(logged, len(model.schema.names)))
    return Pipeline([("numbers", matrix.fit(table.rows)), *steps])


def _check_classes(uri: str, logged: Any, model: Model) -> None:
    classes = [str(each) for each in getattr(logged, "classes_", ())]
    if not hasattr(logged, "predict_proba") or len(classes) != 2:
        raise MlflowError(
            f"{uri}: is a {type(logged).__name__} with {len(classes)} classes; a classifier of "
            "two with predict_proba is wanted"
        )
    if classes[1] not in (model.positive, "1", "True", "1.0"):
        raise MlflowError(
            f"{uri}: gives the probability of {classes[1]!r} last, and the positive label is "
            f"{model.positive!r}. Train it on 1 for positive and 0 for the others"
        )


def _check_columns(uri: str, logged: Any, model: Model) -> None:
    names = model.schema.names
    known = getattr(logged, "feature_names_in_", None)
    if known is not None and tuple(map(str, known)) != names:
        raise MlflowError(
            f"{uri}: was fitted to the columns {', '.join(map(str, known))}, and the data have "
            f"{', '.join(names)}; run preprocess on a file with its columns in its order"
        )
    width = getattr(logged, "n_features_in_", len(names))
    if width != len(names):
        raise MlflowError(
            f"{uri}: was fitted to {width} columns, and the data have {len(names)}; run "
            "preprocess on the file it was trained on"
        )


def _takes_missing(logged: Any, width: int) -> bool:
    try:
        return bool(np.isfinite(logged.predict_proba(np.full((1, width), np.nan))).all())
    except ValueError:
        return False


def _check_same(
    uri: str, logged: Any, pipeline: Pipeline, predictor: Predictor, table: Table
) -> None:
    """Raise MlflowError unless the stored model answers as the logged one does."""
    try:
        ours = [answer.probability for answer in predictor.predict(table.rows)]
    except NotANumber as error:
        name = predictor.schema.names[error.column]
        raise MlflowError(
            f"{uri}: cannot read column {name!r} of the data's validation rows: a number is "
            "missing where the model knows no missing ones. Log a Pipeline that fills them"
        ) from error
    first = pipeline[0]
    given = table.rows if isinstance(first, RowEncoder) else first.transform(table.rows)
    if not np.allclose(logged.predict_proba(given)[:, 1], ours, rtol=0, atol=SAME):
        raise MlflowError(f"{uri}: answers otherwise once stored than as logged; not registered")
