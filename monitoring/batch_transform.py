"""What a batch transform captured → records that read like an endpoint's.

Needs     `{destination}/{input,output}/yyyy/mm/dd/hh/` with the manifests of the transform
          jobs, a way to fetch what they list, and the format of the data
Writes    a directory of captured records (`batchTransformOutput`), gone when the block ends

A transform's capture holds no data, only lists of objects. With GenerateInferenceId each
answer ends in an id and the job's time; they are taken off and become the record's identity,
so labels can join it. The hour is that of the manifest: the time is the job's, not a row's.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple

from monitoring.aws.storage import Fetch
from monitoring.capture import OUTPUT, Window
from monitoring.capture.lines import Flaw, capture_files
from monitoring.capture.payloads import cell, entries
from monitoring.capture.records import BATCH_OUTPUT, when
from monitoring.datasets import CAPTURED, Dataset, truth
from monitoring.errors import CaptureError, UsageError
from monitoring.tables import read_parquet
from monitoring.text_lines import records_of

Sides = Sequence[str]
OUTPUTS_FIRST: Final = ("output", "input")
INPUTS_FIRST: Final = ("input", "output")
"""For explainability, which asks the model itself."""
LARGEST_MANIFEST: Final = 64 << 20
ID, TIME = "SageMakerInferenceId", "SageMakerInferenceTime"

_HOUR = re.compile(r"(?:^|/)(input|output)/(\d{4})/(\d\d)/(\d\d)/(\d\d)/[^/]+$")
_IDENTITY = re.compile(
    r',"?([0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})"?'
    r',"?(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)"?$'
)
"""The two cells that GenerateInferenceId puts behind a CSV answer."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """A list of objects below a prefix.

    >>> listed = Manifest.of([{"prefix": "s3://bucket/in/"}, "a.csv", "b.csv"], "m.json")
    >>> listed.uris
    ('s3://bucket/in/a.csv', 's3://bucket/in/b.csv')
    """

    uris: tuple[str, ...]

    @classmethod
    def of(cls, document: Any, where: str) -> Manifest:
        """From a manifest's JSON; raises CaptureError when it is none."""
        head, *names = document if isinstance(document, list) and document else [None]
        prefix = head.get("prefix") if isinstance(head, Mapping) else None
        if not isinstance(prefix, str) or not prefix.startswith("s3://"):
            raise CaptureError(
                f"{where}: is no manifest: it does not begin with the prefix of its objects. "
                "It should be what a batch transform's data capture wrote; check the path."
            )
        if not all(isinstance(name, str) and name for name in names):
            raise CaptureError(f"{where}: lists something that is no object's name.")
        if any(".." in f"{prefix}{name}".split("/") for name in names):
            raise CaptureError(f"{where}: lists a name that climbs out of its prefix.")
        return cls(tuple(f"{prefix}{name}" for name in names))


class Row(NamedTuple):
    """One row of a transform's data: its text, how that is written, and whose it is."""

    data: str
    encoding: str
    identity: str = ""


@contextmanager
def transcribed(
    dataset: Dataset, fetch: Fetch | None = None, sides: Sides = OUTPUTS_FIRST
) -> Iterator[Dataset]:
    """The data set as captured records; as it is, where a merge job has made such of it.

    A file that is no manifest is taken for the data themselves: the service resolves
    manifests where it is told to (`S3DataType` `ManifestFile`).

    Raises CaptureError when a manifest is none, UsageError for an unreadable format.
    """
    if not dataset.is_table:
        yield dataset
        return
    with TemporaryDirectory(prefix="batch-transform-") as scratch:
        written = Path(scratch, "records")
        written.mkdir()
        for number, (place, file) in enumerate(
            _data(dataset.path, dataset.window, fetch, sides, Path(scratch))
        ):
            target = written / f"{number:06}-{place}.jsonl"
            with target.open("w", encoding="utf-8", newline="\n") as lines:
                for row in rows_of(file, dataset):
                    lines.write(record(row) + "\n")
        options = {"captureIndexNames": [OUTPUT]}
        yield replace(dataset, path=written, format=CAPTURED, options=options)


def record(row: Row) -> str:
    """A row as AWS's merge job writes a transform's.

    >>> record(Row("0.9,31", "CSV", "ae4e"))[:66]
    '{"captureData": {"batchTransformOutput": {"data": "0.9,31", "encod'
    """
    return json.dumps(
        {
            "captureData": {BATCH_OUTPUT: {"data": row.data, "encoding": row.encoding}},
            "eventMetadata": {"eventId": row.identity} if row.identity else {},
            "eventVersion": "0",
        }
    )


def rows_of(file: Path, dataset: Dataset) -> Iterator[Row]:
    """The rows of one file of a transform's data; raises UsageError naming file and line."""
    if dataset.format == "parquet":
        for batch in read_parquet(file):
            yield from map(_object, batch.to_pylist())
    elif dataset.format == "json":
        yield from _json_rows(file, dataset.is_json_lines)
    else:
        yield from _csv_rows(file, truth(dataset.options.get("header", False)))


def _csv_rows(file: Path, header: bool) -> Iterator[Row]:
    names: list[str] = []
    for number, data, flaw in records_of(file, csv=True):
        text = _decoded(file, number, data, flaw)
        if header and not names:
            names = next(csv.reader(io.StringIO(text, newline="")))
        elif header:
            cells = next(csv.reader(io.StringIO(text, newline="")))
            if len(cells) != len(names):
                raise UsageError(
                    f"{file.name}:{number}: has {len(cells)} cells, but the header has "
                    f"{len(names)} names. Look for an unquoted comma there."
                )
            yield _object(dict(zip(names, cells, strict=True)))
        else:
            found = _IDENTITY.search(text)
            yield Row(text[: found.start()] if found else text, "CSV", found[1] if found else "")


def _json_rows(file: Path, lines: bool) -> Iterator[Row]:
    parts = records_of(file, csv=False) if lines else [(1, file.read_bytes().strip(), None)]
    for number, data, flaw in parts:
        text = _decoded(file, number, data, flaw)
        try:
            # Numbers become the text they were written as: nothing after this counts with them.
            value = json.loads(text, parse_float=str, parse_int=str, parse_constant=str)
        except (ValueError, RecursionError):
            raise UsageError(f"{file.name}:{number}: is not JSON; check the format.") from None
        yield from map(_object, [value] if lines else entries(value))


def _object(value: Any) -> Row:
    """A JSON value without its identity, if it has one."""
    if not isinstance(value, dict):
        return Row(json.dumps(value), "JSON")
    kept = {name: part for name, part in value.items() if name not in (ID, TIME)}
    return Row(json.dumps(kept), "JSON", cell(value.get(ID)))


def _decoded(file: Path, number: int, data: bytes, flaw: Flaw | None) -> str:
    try:
        if flaw is not None:
            raise UsageError(f"{file.name}:{number}: {flaw}; mend the file.")
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{file.name}:{number}: is not UTF-8; save it as UTF-8.") from None


def _data(
    source: Path, window: Window | None, fetch: Fetch | None, sides: Sides, scratch: Path
) -> Iterator[tuple[str, Path]]:
    """The files of data in the window, with a name for each; a fetched one is then gone."""
    for path in _of_one_side(source, window, sides):
        manifest = _manifest(path)
        if manifest is None:
            yield _plain(path.name), path
            continue
        if fetch is None:
            raise UsageError(
                f"{path.name}: is a manifest, and here nothing fetches what it lists. Give the "
                "data themselves, or run where S3 can be reached."
            )
        for uri in manifest.uris:
            fetched = scratch / "fetched"
            fetch(uri, fetched)
            yield _plain(uri), fetched
            fetched.unlink(missing_ok=True)


def _of_one_side(source: Path, window: Window | None, sides: Sides) -> list[Path]:
    """Files of the window: of the side that is asked for first, if it has any."""
    by_side: dict[str, list[Path]] = {"": []}
    for path in capture_files(source):
        found = _HOUR.search(path.as_posix())
        if found is None:
            by_side[""].append(path)
            continue
        side, *hour = found.groups()
        if window is None or window.place(when("{}-{}-{}T{}:00Z".format(*hour))) == "inside":
            by_side.setdefault(side, []).append(path)
    first = next((by_side[side] for side in sides if side in by_side), [])
    return [*by_side[""], *first]


def _manifest(path: Path) -> Manifest | None:
    """The manifest in a file; None when the file holds data."""
    with path.open("rb") as stream:
        start = stream.read(256).lstrip(b"\xef\xbb\xbf \t\r\n")
    if not re.match(rb"\[\s*\{\s*\"prefix\"", start) or path.stat().st_size > LARGEST_MANIFEST:
        return None
    try:
        return Manifest.of(json.loads(path.read_bytes()), path.name)
    except (ValueError, RecursionError):
        raise CaptureError(f"{path.name}: begins like a manifest, but is no JSON.") from None


def _plain(name: str) -> str:
    """The end of a name, as a file name that is only data's place in a message."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", name.rsplit("/", 1)[-1])[-80:] or "data"
