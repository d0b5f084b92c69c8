"""A policy is read whole: every problem is named, and nothing is guessed."""

from __future__ import annotations

import pytest

from monitoring.errors import ConfigError
from pipelines.retraining.policy import Policy


def test_a_policy_is_read_as_it_is_written():
    policy = Policy.from_json({"minimum_gain": -0.005, "every_days": None})
    assert Policy.from_json(policy.to_json()) == policy
    assert Policy.from_json(policy.to_json()).sha256 == policy.sha256 != Policy().sha256


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "is no JSON object"),
        ({"minimum_label": 5}, "minimum_label is no setting; did you mean minimum_labels"),
        ({"drift": {"window": 5}}, r"drift\.window is no setting; did you mean windows"),
        ({"drift": 5}, "drift is no object of windows and violated"),
        ({"drift": {"windows": 4, "violated": 5}}, "violated is 5 of only 4 windows"),
        ({"confidence": 95}, "confidence is 95; it lies between 0.5 and 0.999"),
        ({"resamples": 1000.5}, "resamples is no whole number"),
        ({"cooldown_days": True}, "cooldown_days is no number"),
        ({"minimum_labels": None}, "minimum_labels is no whole number"),
        ({"cooldown_days": float("nan")}, "cooldown_days is nan"),
    ],
)
def test_a_setting_that_is_wrong_is_named(document, message):
    with pytest.raises(ConfigError, match=message):
        Policy.from_json(document)


def test_all_problems_are_named_at_once():
    with pytest.raises(ConfigError, match=r"confidence is 2.*windows is 0"):
        Policy.from_json({"confidence": 2, "drift": {"windows": 0}})


def test_a_file_that_is_no_json_is_named(tmp_path):
    (tmp_path / "policy.json").write_text("{")
    with pytest.raises(ConfigError, match=r"policy\.json: cannot be read as JSON"):
        Policy.read(tmp_path / "policy.json")
