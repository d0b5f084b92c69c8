"""A drift test's finding computed again from what findings.json holds of it."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest

from monitoring.documents import render
from monitoring.kinds import DATA_QUALITY
from monitoring.monitors import DATA_QUALITY_MONITOR
from monitoring.monitors.beside import with_drift_tests
from monitoring.monitors.drift_test_settings import THRESHOLDS, DriftTests
from monitoring.monitors.replay import replayed
from monitoring.monitors.replay_drift import DRIFT_REPLAYS
from monitoring.report import Outcome, findings_document


@pytest.fixture(scope="module")
def entries() -> list[dict]:
    """Findings of every test, as the report has them."""
    chance = np.random.default_rng(1)

    def batch(rows, shift, shares):
        columns = {
            "age": chance.normal(40 + shift, 10, rows).astype(str),
            "children": chance.poisson(1 + shift / 4, rows).astype(str),
            "city": chance.choice(["Rome", "Oslo", "Lima"], rows, p=shares),
        }
        return pa.record_batch({name: pa.array(cells) for name, cells in columns.items()})

    asked = DriftTests.of({"tests": {test: {} for test in THRESHOLDS}, "violation": True})
    monitor = with_drift_tests(DATA_QUALITY_MONITOR, asked)
    baseline = monitor.suggest([batch(4000, 0, [0.5, 0.3, 0.2])])
    analysis = monitor.analyze([batch(1000, 4, [0.2, 0.3, 0.5])], baseline)
    document = findings_document(Outcome(DATA_QUALITY, "corrected", analysis))
    findings = json.loads(render(document))["findings"]
    return [entry for entry in findings if entry["constraint_check_type"] in DRIFT_REPLAYS]


def test_every_finding_follows_from_its_evidence(entries):
    assert {entry["evidence"]["test"] for entry in entries} == set(THRESHOLDS)
    for entry in entries:
        assert replayed(entry, DRIFT_REPLAYS).agrees_with(entry), entry


@pytest.mark.parametrize("test", THRESHOLDS)
def test_evidence_that_was_changed_does_not_agree(entries, test):
    entry = next(entry for entry in entries if entry["evidence"]["test"] == test)
    for change in (
        {"current_share": 0.9},
        {"areas": [1.0]},
        {"bins": {"values": ["a", "b"], "baseline": [50, 50], "current": [1, 99]}},
        {"folds": [{"auc": 0.51, "standard_errors": 0.1}]},
    ):
        if change.keys() <= entry["evidence"].keys():
            changed = {**entry, "evidence": entry["evidence"] | change}
            assert not replayed(changed, DRIFT_REPLAYS).agrees_with(entry)
    unsure = {**entry, "evidence": entry["evidence"] | {"adjusted_p_value": 0.06}}
    assert not replayed(unsure, DRIFT_REPLAYS).agrees_with(entry)
