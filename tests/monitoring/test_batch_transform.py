"""A batch transform's capture: manifests, the data they list, and the identity in the answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from monitoring.batch_transform import INPUTS_FIRST, Manifest, transcribed
from monitoring.capture import Window
from monitoring.datasets import CAPTURED, Dataset
from monitoring.errors import CaptureError, MonitoringError, StorageError, UsageError
from monitoring.job import MESSAGE, run

ID = "ae4ec948-edc0-4195-be9c-0b15b6ca114f"
TIME = "2026-01-05T09:12:00Z"
PREFIX = "s3://data/scores/"
HOUR = Window.parse("2026-01-05T09:00:00Z", "2026-01-05T10:00:00Z")


class Bucket(dict[str, str]):
    """Objects by URI, handed out as S3 does."""

    def fetch(self, uri: str, path: Path) -> None:
        if uri not in self:
            raise StorageError(f"{uri}: is not there.")
        path.write_text(self[uri])


def manifest(directory: Path, side: str, hour: str, *names: str, prefix: str = PREFIX) -> Path:
    path = directory / side / "2026/01/05" / hour / "12-00-000.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([{"prefix": prefix}, *names]))
    return path


def records(
    dataset: Dataset, bucket: Bucket | None = None, **options: Any
) -> list[tuple[str, ...]]:
    """Every record's payload, its encoding and its id."""
    with transcribed(dataset, None if bucket is None else bucket.fetch, **options) as made:
        assert made.format == CAPTURED
        lines = [json.loads(line) for p in sorted(made.path.iterdir()) for line in p.open()]
    payloads = [line["captureData"]["batchTransformOutput"] for line in lines]
    ids = [line["eventMetadata"].get("eventId", "") for line in lines]
    return [(p["data"], p["encoding"], i) for p, i in zip(payloads, ids, strict=True)]


def test_the_identity_is_taken_off_a_csv_answer(tmp_path: Path):
    manifest(tmp_path, "output", "09", "a.csv.out")
    bucket = Bucket(
        {f"{PREFIX}a.csv.out": f'0.9,31,{ID},{TIME}\n"0,1",28,"{ID}","{TIME}"\n0.5,7\n'}
    )
    assert records(Dataset(tmp_path, "csv"), bucket) == [
        ("0.9,31", "CSV", ID),
        ('"0,1",28', "CSV", ID),
        ("0.5,7", "CSV", ""),
    ]


def test_the_identity_is_taken_out_of_a_json_answer(tmp_path: Path):
    manifest(tmp_path, "output", "09", "a.out")
    answer = {"SageMakerOutput": {"score": 0.9}, "age": 31}
    named = {**answer, "SageMakerInferenceId": ID, "SageMakerInferenceTime": TIME}
    texts = {"SageMakerOutput": {"score": "0.9"}, "age": "31"}
    for dataset, text in (
        (Dataset(tmp_path, "json", {"line": True}), json.dumps(named)),
        (Dataset(tmp_path, "json", {"line": "false"}), json.dumps([named], indent=1)),
    ):
        ((data, encoding, identity),) = records(dataset, Bucket({f"{PREFIX}a.out": text}))
        assert (json.loads(data), encoding, identity) == (texts, "JSON", ID)


def test_a_header_names_the_cells(tmp_path: Path):
    (tmp_path / "a.csv").write_text('age,city\n31,"Rome, IT"\n')
    found = records(Dataset(tmp_path, "csv", {"header": True}))
    assert found == [('{"age": "31", "city": "Rome, IT"}', "JSON", "")]


def test_parquet_is_read_by_name(tmp_path: Path):
    pq.write_table(pa.table({"age": [31], "score": [0.5]}), tmp_path / "a.parquet")
    assert records(Dataset(tmp_path, "parquet")) == [('{"age": "31", "score": "0.5"}', "JSON", "")]


def test_only_the_hours_of_the_window_are_read_and_answers_before_requests(tmp_path: Path):
    bucket = Bucket()
    for side in ("input", "output"):
        for hour in ("08", "09", "10"):
            manifest(tmp_path, side, hour, f"{side}-{hour}")
            bucket[f"{PREFIX}{side}-{hour}"] = f"{side} {hour}"
    dataset = Dataset(tmp_path, "csv", window=HOUR)
    assert records(dataset, bucket) == [("output 09", "CSV", "")]
    assert records(dataset, bucket, sides=INPUTS_FIRST) == [("input 09", "CSV", "")]


def test_requests_stand_in_where_no_answers_were_captured(tmp_path: Path):
    manifest(tmp_path, "input", "09", "a")
    assert records(Dataset(tmp_path, "csv"), Bucket({f"{PREFIX}a": "1,2"})) == [("1,2", "CSV", "")]


def test_what_a_merge_job_made_is_left_as_it_is(tmp_path: Path):
    merged = Dataset(tmp_path, "sagemakerMergeJson")
    with transcribed(merged) as same:
        assert same is merged


WRONG_MANIFESTS = {
    "no list": {"prefix": PREFIX},
    "no prefix": ["a.csv"],
    "a local prefix": [{"prefix": "/etc/"}, "passwd"],
    "an object for a name": [{"prefix": PREFIX}, {"name": "a"}],
    "a name that climbs": [{"prefix": PREFIX}, "../../other/a"],
    "nothing": [],
}


@pytest.mark.parametrize("document", WRONG_MANIFESTS.values(), ids=WRONG_MANIFESTS)
def test_what_is_no_manifest_is_refused(document: Any):
    with pytest.raises(CaptureError, match=r"\Am\.json: "):
        Manifest.of(document, "m.json")


WRONG_DATA = {
    "no UTF-8": ("csv", {}, b"\xff", "is not UTF-8"),
    "no JSON": ("json", {}, b"4111-1111", r"a:1: is not JSON"),
    "another width": ("csv", {"header": True}, b"a,b\n1", r"a:2: has 1 cells"),
    "quotes": ("csv", {}, b'1,"2', "quotes do not close"),
    "no Parquet": ("parquet", {}, b"4111-1111", "is not Parquet"),
    "a cut manifest": ("csv", {}, b'[{"prefix": "s3://data/', "begins like a manifest"),
    "a manifest nobody can fetch": ("csv", {}, b'[{"prefix": "s3://d/"}, "a"]', "nothing fetches"),
}


@pytest.mark.parametrize(
    ("name", "options", "content", "cause"), WRONG_DATA.values(), ids=WRONG_DATA
)
def test_what_cannot_be_read_is_named_and_nothing_is_left(
    tmp_path: Path, name: str, options: dict[str, Any], content: bytes, cause: str
):
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(MonitoringError, match=cause) as raised:
        records(Dataset(tmp_path, name, options))
    assert "4111" not in str(raised.value)


def test_an_object_that_is_gone_ends_the_run(tmp_path: Path):
    manifest(tmp_path, "output", "09", "gone")
    with pytest.raises(StorageError, match="s3://data/scores/gone"):
        records(Dataset(tmp_path, "csv"), Bucket())


def test_a_directory_that_is_not_there(tmp_path: Path):
    with pytest.raises(MonitoringError), transcribed(Dataset(tmp_path / "nowhere", "csv")):
        raise AssertionError("there is no such directory")


BATCH = {
    "monitoring_input_type": "BATCH_TRANSFORM_INPUT",
    "dataset_format": '{"csv": {"header": false}}',
    "dataset_source": "/data",
    "output_path": "/output",
    "start_time": "2026-01-05T09:00:00Z",
    "end_time": "2026-01-05T10:00:00Z",
}


@pytest.fixture
def bucket(tmp_path: Path) -> Bucket:
    """A transform of 300 rows: a score, then the age that was sent, then the identity."""
    manifest(tmp_path / "data", "output", "09", "a.csv.out")
    lines = [f"{n % 97 / 97},{20 + n % 50},{ID[:-4]}{n:04x},{TIME}" for n in range(300)]
    return Bucket({f"{PREFIX}a.csv.out": "\n".join(lines) + "\n"})


def message(root: Path) -> str:
    return (root / MESSAGE).read_text()


def test_a_data_quality_job_reads_the_answers_of_a_transform(tmp_path: Path, bucket: Bucket):
    assert run(BATCH, tmp_path, fetch=bucket.fetch) == 0, message(tmp_path)
    statistics = json.loads((tmp_path / "output/statistics.json").read_text())
    assert statistics["dataset"]["item_count"] == 300
    assert [feature["inferred_type"] for feature in statistics["features"]] == [
        "Fractional",
        "Integral",
    ]


def test_an_hour_without_a_transform_is_no_data(tmp_path: Path, bucket: Bucket):
    later = {"start_time": "2026-01-05T10:00:00Z", "end_time": "2026-01-05T11:00:00Z"}
    assert run(BATCH | later, tmp_path, fetch=bucket.fetch) == 1
    assert message(tmp_path).startswith("NO_DATA")


QUALITY = {
    "problem_type": "BinaryClassification",
    "probability_attribute": "0",
    "ground_truth_source": "/labels",
}


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    (tmp_path / "labels").mkdir()
    lines = [
        json.dumps(
            {
                "groundTruthData": {"data": str(int(n % 97 > 48)), "encoding": "CSV"},
                "eventMetadata": {"eventId": f"{ID[:-4]}{n:04x}"},
            }
        )
        for n in range(300)
    ]
    (tmp_path / "labels/a.jsonl").write_text("\n".join(lines))
    return tmp_path


def test_labels_join_a_transform_by_inference_id(labelled: Path, bucket: Bucket):
    variables = BATCH | QUALITY | {"analysis_type": "MODEL_QUALITY"}
    assert run(variables, labelled, fetch=bucket.fetch) == 0, message(labelled)
    statistics = json.loads((labelled / "output/statistics.json").read_text())
    assert statistics["binary_classification_metrics"]["accuracy"]["value"] == 1.0


def test_a_merge_job_writes_a_transforms_records_as_aws_does(labelled: Path, bucket: Bucket):
    variables = BATCH | {"ground_truth_source": "/labels"}
    assert run(variables, labelled, fetch=bucket.fetch) == 0, message(labelled)
    assert "300 of 300 records were joined" in message(labelled)
    (merged,) = (labelled / "output").rglob("part-*.jsonl")
    first = json.loads(merged.read_text().splitlines()[0])
    assert first == {
        "eventVersion": "0",
        "groundTruthData": {"data": "0", "encoding": "CSV"},
        "captureData": {"batchTransformOutput": {"data": "0.0,20", "encoding": "CSV"}},
        "eventMetadata": {"eventId": f"{ID[:-4]}0000"},
    }


def test_a_transform_without_ids_is_never_evaluated_as_labelled(labelled: Path, bucket: Bucket):
    bucket[f"{PREFIX}a.csv.out"] = "0.5,31\n"
    variables = BATCH | QUALITY | {"analysis_type": "MODEL_QUALITY"}
    assert run(variables, labelled, fetch=bucket.fetch) == 1
    assert message(labelled).startswith("PENDING_LABELS")


def test_a_wrong_format_is_wrong_usage(tmp_path: Path, bucket: Bucket):
    with pytest.raises(UsageError, match="is not JSON"):
        records(Dataset(tmp_path / "data", "json", window=HOUR), bucket)
