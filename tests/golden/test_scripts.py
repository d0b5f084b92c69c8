"""A preprocessing script on traffic that AWS captured: the columns AWS's own run named.

Needs the golden cases beside the repository ($SHARED_DIR, default ../shared).
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from monitoring.datasets import CAPTURED, Dataset
from monitoring.documents import VIOLATIONS
from monitoring.evaluation import check, suggest
from monitoring.monitors.data_quality import DATA_QUALITY_MONITOR
from monitoring.scripts.process import Script

SHARED = Path(os.environ.get("SHARED_DIR", Path(__file__).parents[3] / "shared"))
CASE = SHARED / "golden/from-idea-to-prod-2025"
pytestmark = pytest.mark.skipif(
    not CASE.is_dir(), reason=f"no golden case at {CASE}; set SHARED_DIR"
)

TEXT_BUT_THREE = """
def preprocess_handler(inference_record):
    cells = inference_record.endpoint_input.data.split(",")
    row = {f"_c{place}": cell for place, cell in enumerate(cells)}
    return row | {name: float(row[name]) for name in ("_c0", "_c1", "_c2")}
"""
"""What the owner's script did, as CONTRACT tells it: three of its keys became floats."""


def test_violations_fall_on_the_columns_that_aws_named(tmp_path: Path):
    sent = [json.loads(line) for line in (CASE / "capture.jsonl").read_text().splitlines()]
    rows = [record["captureData"]["endpointInput"]["data"] for record in sent]
    table = tmp_path / "train.csv"
    table.write_text("\n".join(rows) + "\n")
    baseline = suggest(DATA_QUALITY_MONITOR, Dataset(table, "csv", {"header": False}))
    path = tmp_path / "clean.py"
    path.write_text(TEXT_BUT_THREE)
    traffic = Dataset(CASE / "capture.jsonl", CAPTURED, preprocessor=Script(path))
    found = check(DATA_QUALITY_MONITOR, traffic, baseline, "compat").analysis
    named = json.loads((CASE / "constraint_violations.dq.json").read_text())["violations"]
    ours = [
        violation
        for violation in found.documents[VIOLATIONS]["violations"]
        if violation["constraint_check_type"] == "data_type_check"
        and violation["description"].endswith("Only 0.0% of data is Integral.")
    ]
    key = json.dumps
    assert sorted(map(key, ours)) == sorted(map(key, named))
