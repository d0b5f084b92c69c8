"""The endpoint's contract: the same answer in every format, and a reason for every refusal."""

from __future__ import annotations

import gzip
import io
import json

import pytest

from pipelines.data import lines
from pipelines.models.fraud import SCHEMA
from serving.payloads import CSV, JSON, JSON_LINES, LARGEST_BODY

AMOUNT = SCHEMA.names.index("amount")
PLATFORM = SCHEMA.names.index("app_platform")


def post(client, body, content_type=CSV, **headers):
    return client.post("/invocations", data=body, content_type=content_type, headers=headers)


def named(row):
    """A row as a JSON object, its numeric cells as JSON numbers."""
    return {
        column.name: float(cell) if column.kind == "numeric" and cell is not None else cell
        for column, cell in zip(SCHEMA.columns, row, strict=True)
    }


def probabilities(response, media_type):
    assert response.status_code == 200, response.text
    if media_type == CSV:
        return [float(line.split(",")[1]) for line in response.text.splitlines()]
    if media_type == JSON:
        return [each["probability"] for each in response.json["predictions"]]
    return [json.loads(line)["probability"] for line in response.text.splitlines()]


def bodies(rows):
    """The same rows in every form a request can have."""
    objects = [named(row) for row in rows]
    yield "\n".join(lines(rows)), CSV
    yield "\r\n".join(lines(rows)) + "\r\n", "Text/CSV; charset=UTF-8"
    yield json.dumps({"instances": objects}), JSON
    yield json.dumps({"instances": [list(each.values()) for each in objects]}), JSON
    yield "\n".join(json.dumps(each) for each in objects), JSON_LINES
    yield "".join(json.dumps(list(each.values())) + "\n" for each in objects), JSON_LINES


def test_the_same_rows_get_the_same_answer_in_every_format(client, predictor, traffic):
    rows = traffic[:40]
    expected = [answer.probability for answer in predictor.predict(rows)]
    for body, content_type in bodies(rows):
        answered = post(client, body, content_type)
        media_type = content_type.split(";")[0].lower()
        assert probabilities(answered, media_type) == expected, content_type


def test_a_row_alone_gets_the_answer_it_gets_in_a_batch(client, traffic):
    rows = traffic[:40]
    together = probabilities(post(client, "\n".join(lines(rows))), CSV)
    alone = [probabilities(post(client, line), CSV)[0] for line in lines(rows)]
    assert alone == pytest.approx(together, rel=0, abs=1e-12)


def test_a_single_flat_object_is_one_row(client, traffic):
    answered = post(client, json.dumps(named(traffic[0])), JSON)
    assert len(answered.json["predictions"]) == 1


@pytest.mark.parametrize("accept", [CSV, JSON, JSON_LINES])
def test_the_answer_comes_in_the_format_accepted(client, traffic, accept):
    answered = post(client, lines(traffic[:1])[0], CSV, Accept=accept)
    assert answered.mimetype == accept
    assert len(probabilities(answered, accept)) == 1


@pytest.mark.parametrize("accept", ["*/*", "text/*", "application/json;q=0.5, text/csv"])
def test_the_answer_comes_in_the_requests_format_where_that_is_accepted(client, traffic, accept):
    assert post(client, lines(traffic[:1])[0], CSV, Accept=accept).mimetype == CSV


def test_a_csv_answer_is_the_decision_and_the_probability_of_each_row(client, predictor, traffic):
    rows = traffic[:20]
    expected = "".join(f"{a.prediction},{a.probability!r}\n" for a in predictor.predict(rows))
    assert post(client, "\n".join(lines(rows))).text == expected


def test_a_prediction_is_one_from_the_models_threshold_on(predictor, traffic):
    for answer in predictor.predict(traffic):
        assert answer.prediction == int(answer.probability >= predictor.threshold)


def test_an_unseen_category_and_missing_values_are_answered(client, traffic):
    odd = list(traffic[0])
    odd[PLATFORM] = "harmonyos"
    rows = [odd, [None] * len(SCHEMA.columns)]
    assert len(probabilities(post(client, "\n".join(lines(rows))), CSV)) == 2


def test_a_quoted_cell_may_hold_a_comma_and_a_line_end(client, traffic):
    odd = list(traffic[0])
    odd[PLATFORM] = 'a "new",\nplatform'
    assert len(probabilities(post(client, lines([odd])[0]), CSV)) == 1


def test_ping_names_the_model_and_its_version(client, predictor):
    answered = client.get("/ping")
    assert (answered.status_code, answered.text) == (200, f"fraud {predictor.version}\n")


def replaced(row, at, cell):
    return [*row[:at], cell, *row[at + 1 :]]


def refusals(row):
    """(body, content type, status, words of the reason) of each bad request."""
    good = lines([row])[0]
    bad = {**named(row), "amount": [1]}
    missing = {name: cell for name, cell in named(row).items() if name != "amount"}
    twice = json.dumps(named(row))[:-1] + ', "amount": 1}'
    return {
        "empty": ("", CSV, 400, "no row"),
        "blank lines": ("\n\n", CSV, 400, "no row"),
        "no instances": ('{"instances": []}', JSON, 400, "no row"),
        "too few columns": (f"{good}\n1,2", CSV, 400, "row 2 has 2 columns"),
        "too many columns": (f"{good},1", CSV, 400, "row 1 has 12 columns"),
        "a word": (lines([row, replaced(row, AMOUNT, "much")]), CSV, 400, "row 2, column 'amount'"),
        "infinite": (lines([replaced(row, AMOUNT, "1e999")]), CSV, 400, "row 1, column 'amount'"),
        "underscored": (lines([replaced(row, AMOUNT, "1_0")]), CSV, 400, "column 'amount'"),
        "an open quote": ('"1,2', CSV, 400, "row 1 is not CSV"),
        "not UTF-8": (b"\xff\xfe", CSV, 400, "not UTF-8 at byte 0"),
        "not JSON": ("{", JSON, 400, "not JSON"),
        "NaN": ('{"amount": NaN}', JSON, 400, "NaN is not JSON"),
        "a JSON string": ('"row"', JSON, 400, "instances"),
        "deep": ("[" * 100_000, JSON, 400, "nested too deeply"),
        "an unknown field": ({**named(row), "amuont": 1}, JSON, 400, "did you mean 'amount'"),
        "a missing field": (missing, JSON, 400, "'amount' is missing"),
        "a field twice": (twice, JSON, 400, "same name twice"),
        "a nested field": (bad, JSON, 400, "row 1, column 'amount'"),
        "a scalar row": ({"instances": [1]}, JSON, 400, "row 1 is neither"),
        "a bad line": (json.dumps(named(row)) + "\n{", JSON_LINES, 400, "row 2 is not JSON"),
        "another type": (good, "application/x-parquet", 415, "text/csv"),
        "no type": (good, "", 415, "text/csv"),
        "another charset": (good, "text/csv; charset=utf-16", 415, "UTF-8"),
        "oversize": ("1" * (LARGEST_BODY + 1), CSV, 413, "larger than"),
    }


@pytest.mark.parametrize("fault", refusals(["1"] * len(SCHEMA.columns)))
def test_a_bad_request_is_refused_in_one_line_that_says_where(client, traffic, fault):
    body, content_type, status, reason = refusals(traffic[0])[fault]
    if isinstance(body, dict):
        body = json.dumps(body)
    elif isinstance(body, list):
        body = "\n".join(body)
    answered = post(client, body, content_type)
    assert answered.status_code == status, answered.text
    assert reason in answered.text
    assert answered.text.count("\n") == 1
    assert answered.mimetype == "text/plain"


def test_of_a_body_in_chunks_no_row_is_dropped_without_a_word(client, traffic):
    """The limit falls on the end of a row, so that what fits of the body is a body itself."""
    row = lines(traffic[:1])[0]
    fits = b"\n".join([row.encode().ljust(1023)] * (LARGEST_BODY // 1024)) + b"\n"
    for body, status in ((fits, 200), (fits + row.encode(), 413)):
        answered = client.post(
            "/invocations",
            input_stream=io.BytesIO(body),
            content_type=CSV,
            environ_overrides={"wsgi.input_terminated": True},
        )
        assert answered.status_code == status, answered.text[:200]


def test_a_compressed_body_is_refused_as_one(client, traffic):
    body = gzip.compress(lines(traffic[:1])[0].encode())
    answered = client.post(
        "/invocations", data=body, content_type=CSV, headers={"Content-Encoding": "gzip"}
    )
    assert (answered.status_code, "compressed" in answered.text) == (415, True)


def test_a_refusal_never_repeats_what_was_sent(client, traffic):
    for at in range(len(SCHEMA.columns)):
        answered = post(client, lines([replaced(traffic[0], at, "s3cret")])[0])
        assert "s3cret" not in answered.text


def test_an_answer_in_no_known_format_is_refused(client, traffic):
    answered = post(client, lines(traffic[:1])[0], CSV, Accept="image/png")
    assert answered.status_code == 406


@pytest.mark.parametrize(
    ("path", "status", "mimetype"),
    [
        ("/invocations", 405, "text/plain"),
        ("/predict", 405, "application/problem+json"),
        ("/ping/deep", 404, "application/problem+json"),
    ],
)
def test_other_requests_are_refused_in_one_line(client, path, status, mimetype):
    answered = client.get(path)
    assert (answered.status_code, answered.mimetype) == (status, mimetype)
    assert answered.text.count("\n") == 1


def test_a_refused_method_says_which_ones_there_are(client):
    assert client.get("/predict").headers["Allow"] == "OPTIONS, POST"
