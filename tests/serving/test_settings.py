"""The environment's settings: read whole, or refused by the variable's name."""

from __future__ import annotations

import pytest

from monitoring.errors import UsageError
from serving.settings import Settings

TOKEN = "s3cret-s3cret-s3cret"


def test_nothing_is_on_unless_it_is_said():
    assert Settings.read({}) == Settings(burst=1.0)


def test_every_variable_is_read(tmp_path):
    path = tmp_path / "token"
    path.write_text(f"{TOKEN}\n")
    read = Settings.read(
        {
            "SERVING_TOKEN_FILE": str(path),
            "SERVING_HOSTS": "model.example, localhost",
            "SERVING_RATE": "20",
            "SERVING_BURST": "30",
            "SERVING_REQUEST_LOG": "-",
            "SERVING_CAPTURE": "s3://bucket/capture",
            "SERVING_CAPTURE_PERCENTAGE": "12.5",
            "SERVING_ENDPOINT": "fraud-prod",
            "SERVING_FEEDBACK": "feedback",
        }
    )
    assert read == Settings(
        token=TOKEN,
        hosts=("model.example", "localhost"),
        rate=20,
        burst=30,
        request_log="-",
        capture="s3://bucket/capture",
        capture_percentage=12.5,
        endpoint="fraud-prod",
        feedback="feedback",
    )


def test_the_token_may_stand_in_the_environment():
    assert Settings.read({"SERVING_TOKEN": TOKEN}).token == TOKEN


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SERVING_TOKEN", ""),
        ("SERVING_TOKEN", "short"),
        ("SERVING_TOKEN", "s3cret\ns3cret\ns3cret"),
        ("SERVING_TOKEN", "s3crét-s3cret-s3cret"),
        ("SERVING_TOKEN_FILE", "/nowhere/token"),
        ("SERVING_RATE", "fast"),
        ("SERVING_RATE", "-1"),
        ("SERVING_RATE", "nan"),
        ("SERVING_RATE", "inf"),
        ("SERVING_BURST", "-1"),
        ("SERVING_CAPTURE_PERCENTAGE", "101"),
    ],
)
def test_a_wrong_variable_is_named_and_a_tokens_value_is_not(name, value):
    with pytest.raises(UsageError, match=name) as refused:
        Settings.read({name: value})
    assert "\n" not in str(refused.value)
    assert "s3cr" not in str(refused.value)


def test_a_token_file_without_text_is_refused(tmp_path):
    path = tmp_path / "token"
    path.write_bytes(b"\xff" * 40)
    with pytest.raises(UsageError, match="SERVING_TOKEN_FILE"):
        Settings.read({"SERVING_TOKEN_FILE": str(path)})
