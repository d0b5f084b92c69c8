"""The baseline: answers first, in the endpoint's own text, and true of clean traffic."""

from __future__ import annotations

import csv
import json
import random

import pyarrow as pa
import pytest

from monitoring.kinds import DATA_QUALITY
from monitoring.monitors import monitor_for
from pipelines import data
from pipelines.baseline import answered, baseline
from pipelines.models import fraud
from serving.app import create_app
from serving.model import Predictor

HOURS, ROWS_AN_HOUR = 12, 500
NAMES = ["prediction", "probability", *fraud.SCHEMA.names]


@pytest.fixture(scope="module")
def directory(build, tmp_path_factory):
    return baseline(build / "data", build / "model", tmp_path_factory.mktemp("baseline"))


@pytest.fixture(scope="module")
def documents(directory):
    names = ("statistics.json", "constraints.json")
    return {name: json.loads((directory / name).read_text()) for name in names}


@pytest.fixture(scope="module")
def hour(build):
    """Analyze an hour of held-out traffic, each row changed by `change(row, chance)`."""
    rows = data.read(build / "data", "traffic", fraud.MODEL).rows
    predictor = Predictor.load(build / "model")

    def analyze(documents, number, change=lambda row, _: row):
        chance = random.Random(number)  # noqa: S311 - traffic, not keys
        sent = [change(row, chance) for row in chance.choices(rows, k=ROWS_AN_HOUR)]
        columns = zip(*answered(predictor, sent), strict=True)
        batch = pa.record_batch([pa.array(each, pa.utf8()) for each in columns], names=NAMES)
        return monitor_for(DATA_QUALITY).analyze([batch], documents)

    return analyze


def test_the_documents_are_of_the_training_rows_in_the_captures_order(directory, documents):
    with (directory / "baseline.csv").open(newline="") as file:
        header, *rows = csv.reader(file)
    assert header == NAMES
    assert documents["statistics.json"]["dataset"]["item_count"] == len(rows) == 7200
    assert [each["name"] for each in documents["constraints.json"]["features"]] == NAMES


def test_the_answers_are_the_endpoints_text(build, directory):
    with (directory / "baseline.csv").open(newline="") as file:
        rows = list(csv.reader(file))[1:51]
    client = create_app(build / "model").test_client()
    body = "\n".join(data.lines([row[2:] for row in rows]))
    answers = client.post("/invocations", data=body, content_type="text/csv").text.split()
    for row, answer in zip(rows, answers, strict=True):
        prediction, probability = answer.split(",")
        assert row[0] == prediction
        assert float(row[1]) == pytest.approx(float(probability), rel=0, abs=1e-12)


def test_types_are_as_the_columns_are_meant(documents):
    found = {
        each["name"]: each["inferred_type"] for each in documents["constraints.json"]["features"]
    }
    assert found == {
        "prediction": "Integral",
        "probability": "Fractional",
        "amount": "Fractional",
        "minutes_since_last": "Integral",
        "transactions_24h": "Integral",
        "distance_from_home": "Fractional",
        "account_age": "Integral",
        "device_age": "Integral",
        "customer_age": "Integral",
        "basket_items": "Integral",
        "merchant_category": "String",
        "entry_mode": "String",
        "app_platform": "String",
    }


def test_clean_hours_have_no_findings(documents, hour):
    found = [hour(documents, number).findings for number in range(HOURS)]
    assert found == [()] * HOURS


def test_disturbed_hours_have_exactly_the_three_findings_that_were_planted(documents, hour):
    def disturb(row, chance):
        changed = dict(zip(fraud.SCHEMA.names, row, strict=True))
        changed["customer_age"] = str(int(changed["customer_age"]) + 35)
        if chance.random() < 0.25:
            changed["basket_items"] = None
        if chance.random() < 0.10:
            changed["app_platform"] = "harmonyos"
        return list(changed.values())

    for number in range(HOURS):
        findings = hour(documents, number, disturb).findings
        assert sorted((each.feature, each.check) for each in findings) == [
            ("app_platform", "categorical_values_check"),
            ("basket_items", "completeness_check"),
            ("customer_age", "baseline_drift_check"),
        ]
