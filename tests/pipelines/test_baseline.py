"""The baselines: of every monitor, in the endpoint's own text, and true of clean traffic."""

from __future__ import annotations

import csv
import json
import random
from contextlib import nullcontext

import pyarrow as pa
import pytest

from monitoring.documents import CONSTRAINTS
from monitoring.instructions import Given, instructions
from monitoring.kinds import BIAS, DATA_QUALITY, EXPLAINABILITY, KINDS, MODEL_QUALITY
from monitoring.monitors import MONITORS, monitor_for
from monitoring.monitors.base import Observations
from pipelines import data
from pipelines.baseline import answered, baseline, built
from pipelines.models import fraud, from_csv
from pipelines.preprocess import preprocess
from pipelines.train import train
from serving.app import create_app
from serving.model import Predictor
from serving.probabilities import probabilities

HOURS, ROWS_AN_HOUR = 12, 500
NAMES = ["prediction", "probability", *fraud.SCHEMA.names]


@pytest.fixture(scope="module")
def directory(build, tmp_path_factory):
    return baseline(build / "data", build / "model", tmp_path_factory.mktemp("baseline"))


@pytest.fixture(scope="module")
def documents(directory):
    names = ("statistics.json", "constraints.json")
    return {name: json.loads((directory / "data-quality" / name).read_text()) for name in names}


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
        changed["basket_items"] = str(int(changed["basket_items"]) + 13)
        if chance.random() < 0.25:
            changed["account_age"] = None
        if chance.random() < 0.10:
            changed["app_platform"] = "harmonyos"
        return list(changed.values())

    for number in range(HOURS):
        findings = hour(documents, number, disturb).findings
        assert sorted((each.feature, each.check) for each in findings) == [
            ("account_age", "completeness_check"),
            ("app_platform", "categorical_values_check"),
            ("basket_items", "baseline_drift_check"),
        ]


def test_every_monitor_has_a_baseline_of_its_own(directory):
    assert built(directory) == KINDS == tuple(monitor.kind for monitor in MONITORS)


def test_a_model_without_facets_has_no_bias_baseline(tmp_path):
    rows = "".join(f"{i % 23},{'ab'[i % 2]},{int(i % 5 == 0)}\n" for i in range(200))
    (tmp_path / "some.csv").write_text("x,city,y\n" + rows)
    preprocess(tmp_path / "data", *from_csv.load(tmp_path / "some.csv", "y"))
    train(tmp_path / "data", tmp_path / "model")
    made = baseline(tmp_path / "data", tmp_path / "model", tmp_path / "baseline")
    assert built(made) == (DATA_QUALITY, MODEL_QUALITY, EXPLAINABILITY)


def test_labels_are_of_rows_the_model_has_not_learnt_from(build, directory):
    with (directory / "labelled.csv").open(newline="") as file:
        header, *rows = csv.reader(file)
    unseen = data.read(build / "data", "test", fraud.MODEL)
    assert header == ["is_fraud", *NAMES]
    assert [row[3:] for row in rows] == [list(row) for row in unseen.rows]
    assert [row[0] for row in rows] == list(unseen.labels)


def test_the_older_customers_are_one_group_compared_with_all_others(directory):
    document = json.loads((directory / "model-bias" / "constraints.json").read_text())
    (older,) = document["pre_training_bias_metrics"]["facets"]["customer_age"]
    assert older["value_or_threshold"] == ",".join(map(str, fraud.OLDER_CUSTOMERS))
    assert document["pre_training_bias_metrics"]["label_value_or_threshold"] == "0"
    values = {metric["name"]: metric["value"] for metric in older["metrics"]}
    assert 0.6 < values["CI"] < 0.9


def test_the_explanation_names_the_features_and_no_model(directory):
    """Each stage asks a model of its own; rendering names it."""
    own = directory / "model-explainability"
    config, constraints = (
        json.loads((own / name).read_text()) for name in ("analysis_config.json", CONSTRAINTS)
    )
    assert config["headers"] == list(fraud.SCHEMA.names)
    assert not {"model_name", "endpoint_name"} & config["predictor"].keys()
    explained = constraints["explanations"]["kernel_shap"]["is_fraud"]["global_shap_values"]
    assert list(explained) == config["headers"]


@pytest.fixture(scope="module")
def check(build, directory):
    """Let a monitor judge an hour of held-out traffic and its labels, changed beforehand."""
    table = data.read(build / "data", "traffic", fraud.MODEL)
    known = list(zip(table.rows, table.labels, strict=True))
    predictor = Predictor.load(build / "model")
    prediction, probability = "0", "1"

    def check(kind, number, change=lambda row, label: (row, label)):
        own = directory / kind.slug
        config = own / "analysis_config.json"
        given = Given(
            problem_type=fraud.MODEL.problem_type,
            inference_attribute=prediction,
            probability_attribute=probability,
            analysis_config=config if config.exists() else None,
        )
        told = instructions(
            kind,
            given,
            is_table=False,
            model=lambda _: nullcontext(probabilities(build / "model")),
        )
        chosen = random.Random(number).choices(known, k=ROWS_AN_HOUR)  # noqa: S311 - not keys
        changed = [change(dict(zip(NAMES[2:], row, strict=True)), label) for row, label in chosen]
        rows = answered(predictor, [list(row.values()) for row, _ in changed])
        predicted, score, *cells = (pa.array(each, pa.utf8()) for each in zip(*rows, strict=True))
        features = pa.record_batch(cells, names=list(NAMES[2:]))
        labels = pa.array([label for _, label in changed], pa.utf8())
        observed = Observations(features, labels, predicted, score)
        documents = {CONSTRAINTS: json.loads((own / CONSTRAINTS).read_text())}
        with told.ready() as settings:
            return monitor_for(kind).analyze([observed], documents, settings=settings).findings

    return check


@pytest.mark.parametrize("kind", KINDS[1:], ids=lambda kind: kind.slug)
def test_labelled_and_explained_clean_hours_have_no_findings(check, kind):
    hours = 3 if kind is EXPLAINABILITY else HOURS
    assert [check(kind, number) for number in range(hours)] == [()] * hours


def test_fraud_that_the_model_lets_through_is_found_by_model_quality(check):
    chance = random.Random(7)  # noqa: S311 - traffic, not keys
    found = check(MODEL_QUALITY, 1, lambda row, y: (row, "1" if chance.random() < 0.05 else y))
    assert "accuracy" in {finding.feature for finding in found}


def test_older_customers_who_are_stopped_more_often_are_found_by_bias(check):
    def stop(row, label):
        older = int(row["customer_age"]) in fraud.OLDER_CUSTOMERS
        return ({**row, "device_age": "0", "minutes_since_last": "1"} if older else row), label

    found = {finding.identity["metric_name"] for finding in check(BIAS, 1, stop)}
    assert {"DPPL", "DI"} <= found


def test_features_that_stop_to_vary_are_found_by_explainability(check, directory):
    own = directory / "model-explainability"
    config, constraints = (
        json.loads((own / name).read_text()) for name in ("analysis_config.json", CONSTRAINTS)
    )
    (defaults,) = config["methods"]["shap"]["baseline"]
    values = constraints["explanations"]["kernel_shap"]["is_fraud"]["global_shap_values"]
    foremost = sorted(values, key=values.__getitem__)[-5:]
    stuck = {name: str(defaults[config["headers"].index(name)]) for name in foremost}
    (found,) = check(EXPLAINABILITY, 1, lambda row, label: ({**row, **stuck}, label))
    assert {each["feature"] for each in found.evidence["current_ranking"][-5:]} == {*foremost}
