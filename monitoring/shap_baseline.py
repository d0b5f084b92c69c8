"""SHAP's baseline rows where the analysis configuration only says where they lie.

Needs     `shap.baseline` as an S3 URI, or a path seen from the configuration's directory; for
          a URI something that fetches objects
Gives     rows of text in the order of the features, as if they stood in the file itself

The file has the features and nothing else, in the format of the data set. A CSV file has no
header, as Clarify wants it; a first line of the features' own names is taken for one.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from monitoring.capture import Attributes
from monitoring.datasets import Dataset, Wanted
from monitoring.errors import MonitoringError, UsageError
from monitoring.monitors.base import Batch
from monitoring.monitors.explainability_settings import (
    CSV,
    JSON,
    JSON_LINES,
    MOST_BASELINE_ROWS,
    PARQUET,
    ExplainabilityConfig,
    Row,
)

if TYPE_CHECKING:  # boto3 takes a quarter of a second to load, and a worker reaches no S3
    from monitoring.aws.storage import Fetch

FORMATS = {
    CSV: ("csv", {}),
    JSON: ("json", {"line": False}),
    JSON_LINES: ("json", {"line": True}),
    PARQUET: ("parquet", {}),
}


def baseline_rows(
    config: ExplainabilityConfig, beside: Path, fetch: Fetch | None = None
) -> tuple[Row, ...]:
    """The rows that `config` names, none where it holds them itself.

    `beside` is the directory of the configuration. Raises UsageError when they cannot be the
    features' values, StorageError when the object is not there.
    """
    if not config.baseline_uri:
        return ()
    with _file(config.baseline_uri, beside, fetch) as path:
        try:
            rows = list(islice(_rows(path, config), MOST_BASELINE_ROWS + 1))
        except (MonitoringError, OSError) as error:
            cause = str(error).replace(str(path), config.baseline_uri)
            raise UsageError(f"methods.shap.baseline: {cause}") from None
    if not rows:
        raise UsageError(
            f"methods.shap.baseline: {config.baseline_uri} holds no row, so an absent feature has "
            "no value. Give one row of typical values, or several."
        )
    return tuple(rows)


@contextmanager
def _file(uri: str, beside: Path, fetch: Fetch | None) -> Iterator[Path]:
    if not uri.startswith("s3://"):
        if not (beside / uri).exists():
            raise UsageError(
                f"methods.shap.baseline: there is no {beside / uri}; give an S3 URI, or a path "
                "seen from the directory of the analysis configuration."
            )
        yield beside / uri
        return
    if fetch is None:
        raise UsageError(
            f"methods.shap.baseline: is {uri}, and nothing here reaches S3. Put the rows into the "
            "analysis configuration, or name a file beside it."
        )
    with TemporaryDirectory() as scratch:
        path = Path(scratch) / "baseline"
        fetch(uri, path)
        yield path


def _rows(path: Path, config: ExplainabilityConfig) -> Iterator[Row]:
    written, options = FORMATS[config.dataset_type]
    if written == "csv":
        options = {"header": _has_header(path, config.features)}
    attributes = Attributes(features=config.features_path, headers=config.features)
    wanted = Wanted(attributes, labels=False, features=True)
    with Dataset(path, written, options).observations(wanted) as opened:
        for observed in opened.batches:
            yield from _in_order(observed.features, config.features)


def _has_header(path: Path, features: tuple[str, ...]) -> bool:
    with path.open(newline="", encoding="utf-8-sig", errors="replace") as file:
        first = next(csv.reader(file), [])
    return bool(features) and set(features) <= set(first)


def _in_order(batch: Batch, features: tuple[str, ...]) -> Iterator[Row]:
    names = batch.schema.names
    if set(features) <= set(names):
        batch = batch.select(list(features or names))
    elif len(names) != len(features):
        raise UsageError(
            f"has rows of {len(names)} values, but there are {len(features)} features; give each "
            "of them a value, and nothing else."
        )
    yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)
