"""Same input, same answer: whichever way a row is sent, it gets the same bits."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moto_fixtures import jobs
from pipelines.data import lines
from pipelines.models.fraud import SCHEMA
from serving.encoder import cells_of
from serving.payloads import CSV, JSON, JSON_LINES
from serving.probabilities import probabilities as saved_model
from tests.moto_fixtures.building import BUCKET, IMAGE, ROLE

ACCOUNT, REGION, ENDPOINT = "123456789012", "us-east-1", "same-answer"
FURTHEST = 20_000.0
Way = Callable[[list[list[str]]], list[float]]


def column_cells(column) -> st.SearchStrategy[str]:
    """Text that a column takes by every way."""
    if column.categories:
        return st.sampled_from(column.categories)
    low = 0.0 if column.minimum is None else column.minimum
    high = FURTHEST if column.maximum is None else column.maximum
    whole = st.integers(int(np.ceil(low)), int(high)).map(str)
    return st.floats(low, high, allow_nan=False).map(repr) | whole


ROWS = st.lists(st.tuples(*map(column_cells, SCHEMA.columns)).map(list), min_size=1, max_size=12)


def named(row: list[str]) -> dict[str, Any]:
    return {
        column.name: float(cell) if column.kind == "numeric" else cell
        for column, cell in zip(SCHEMA.columns, row, strict=True)
    }


def second_cells(text: str) -> list[float]:
    return [float(line.split(",")[1]) for line in text.splitlines()]


@pytest.fixture
def sagemaker(session, built) -> Any:
    """SageMaker, with the model and an endpoint in service."""
    s3, sagemaker = session.client("s3"), session.client("sagemaker")
    s3.create_bucket(Bucket=BUCKET)
    s3.upload_file(str(built / "model" / "model.tar.gz"), BUCKET, "model.tar.gz")
    container = {"Image": IMAGE, "ModelDataUrl": f"s3://{BUCKET}/model.tar.gz"}
    sagemaker.create_model(ModelName=ENDPOINT, ExecutionRoleArn=ROLE, PrimaryContainer=container)
    variant = {
        "VariantName": "AllTraffic",
        "ModelName": ENDPOINT,
        "InstanceType": "ml.m6i.large",
        "InitialInstanceCount": 1,
    }
    sagemaker.create_endpoint_config(EndpointConfigName=ENDPOINT, ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=ENDPOINT)
    return sagemaker


@pytest.fixture
def ways(client, built, session, sagemaker) -> dict[str, Way]:
    """Every way to ask the model, by its name."""
    runtime, model = session.client("sagemaker-runtime"), saved_model(built / "model")

    def post(body: str, media_type: str) -> Any:
        answered = client.post("/invocations", data=body, content_type=media_type)
        assert answered.status_code == 200, answered.text
        return answered

    def csv(rows):
        return second_cells(post("\n".join(lines(rows)), CSV).text)

    def rows_alone(rows):
        return [csv([row])[0] for row in rows]

    def json_objects(rows):
        body = json.dumps({"instances": [named(row) for row in rows]})
        return [each["probability"] for each in post(body, JSON).json["predictions"]]

    def json_lines(rows):
        body = "\n".join(json.dumps(list(named(row).values())) for row in rows)
        answers = post(body, JSON_LINES).text.splitlines()
        return [json.loads(line)["probability"] for line in answers]

    def predict(rows):
        answers = [client.post("/predict", json=named(row)) for row in rows]
        assert {answer.status_code for answer in answers} == {200}
        return [answer.json["probability"] for answer in answers]

    def endpoint(rows):
        answered = runtime.invoke_endpoint(
            EndpointName=ENDPOINT, Body="\n".join(lines(rows)), ContentType=CSV
        )
        return second_cells(answered["Body"].read().decode())

    def explanations(rows):
        return model(cells_of(rows))[:, 0].tolist()

    every = (csv, rows_alone, json_objects, json_lines, predict, endpoint, explanations)
    return {way.__name__: way for way in every}


def test_a_row_gets_the_same_bits_by_every_way(predictor, ways):
    @settings(max_examples=15, deadline=None)
    @given(rows=ROWS)
    def hold(rows):
        expected = [answer.probability for answer in predictor.predict(rows)]
        assert {name: way(rows) for name, way in ways.items()} == dict.fromkeys(ways, expected)
        fitted = predictor.pipeline.predict_proba(rows)[:, 1]
        np.testing.assert_allclose(expected, fitted, rtol=0, atol=1e-12)

    hold()


@pytest.fixture(params=["SingleRecord", "MultiRecord"])
def batch(request, session, sagemaker, traffic) -> list[float]:
    """What a batch transform answers to the held-out rows."""
    del sagemaker
    s3 = session.client("s3")
    s3.put_object(Bucket=BUCKET, Key="in/rows.csv", Body="\n".join(lines(traffic[:40])).encode())
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/in/"}
    job = {
        "TransformJobName": "score",
        "ModelName": ENDPOINT,
        "BatchStrategy": request.param,
        "TransformInput": {
            "DataSource": {"S3DataSource": source},
            "ContentType": CSV,
            "SplitType": "Line",
        },
        "TransformOutput": {"S3OutputPath": f"s3://{BUCKET}/out", "AssembleWith": "Line"},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
    }
    found = jobs.run_transform(job, REGION, ACCOUNT)
    assert found["TransformJobStatus"] == "Completed", found
    text = s3.get_object(Bucket=BUCKET, Key="out/rows.csv.out")["Body"].read().decode()
    return second_cells("\n".join(line for line in text.splitlines() if line))


def test_a_batch_transform_gives_the_same_bits(predictor, traffic, batch):
    assert batch == [answer.probability for answer in predictor.predict(traffic[:40])]
