"""What every monitor must do, whoever wrote it.

A fifth monitor joins by being in MONITORS; a monitor that drops out fails the first test.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from monitoring.documents import VIOLATIONS, render
from monitoring.errors import MonitoringError, NoDataError
from monitoring.kinds import DATA_QUALITY, KINDS
from monitoring.monitors import MONITORS, monitor_for
from monitoring.monitors.base import Finding, Monitor

MODES = ("corrected", "compat")
ROWS = 400
HUGE = "9" * 400

Columns = dict[str, Sequence[str | None]]


@pytest.fixture(params=MONITORS, ids=lambda monitor: monitor.kind.slug)
def monitor(request) -> Monitor:
    return request.param


@pytest.fixture(params=MODES)
def mode(request) -> Any:
    return request.param


def ordinary(rows: int = ROWS, seed: int = 7) -> Columns:
    """A table with a decimal, an integer, a flag and a category."""
    rng = np.random.default_rng(seed)
    return {
        "amount": [repr(x) for x in rng.lognormal(3, 1, rows).tolist()],
        "age": [str(x) for x in rng.integers(18, 90, rows)],
        "member": [str(x) for x in rng.integers(0, 2, rows)],
        "city": [str(x) for x in rng.choice(["Roma", "Zürich", "São Paulo"], rows)],
    }


def batches(columns: Columns, size: int = 1000) -> list[pa.RecordBatch]:
    table = pa.table({name: pa.array(cells, pa.string()) for name, cells in columns.items()})
    return table.to_batches(max_chunksize=size)


def found(monitor: Monitor, columns: Columns, mode: Any) -> tuple[Finding, ...]:
    """Findings about a table against the ordinary one's baseline."""
    return monitor.analyze(batches(columns), monitor.suggest(batches(ordinary())), mode).findings


STRANGE_COLUMNS: dict[str, Sequence[str | None]] = {
    "all null": [None] * 4,
    "constant": ["7"] * 4,
    "huge integers": ["9007199254740993", "-9223372036854775809", "1" + "0" * 30, HUGE],
    "infinities": ["inf", "-Infinity", "1e400", "-1e400"],
    "largest doubles": ["1.7976931348623157e308", "-1.7976931348623157e308", "5e-324", "0"],
    "overflowing sum": ["1.7e308"] * 4,
    "not a number": ["NaN", "nan", "1", "2.5"],
    "negative zero": ["-0.0", "0.0", "-0", "+0"],
    "unicode": ["€", "שלום", "🙂", "\u0000"],
    "mixed types": ["1", "2.5", "true", "x"],
    "booleans": ["true", "false", "true", "false"],
    "one megabyte": ["x" * 2**20, "a", "b", "c"],
    "spaces": [" 1", "1 ", "- 1", ""],
    "markup": ["<script>", "{{7*7}}", "%s", "\x1b[31m"],
}


@pytest.fixture(params=STRANGE_COLUMNS, ids=lambda name: name.replace(" ", "-"))
def strange(request) -> Sequence[str | None]:
    return STRANGE_COLUMNS[request.param]


def test_these_monitors_are_built():
    assert [monitor.kind for monitor in MONITORS] == [DATA_QUALITY]


def test_a_monitor_that_is_not_built_names_itself():
    for kind in {*KINDS} - {monitor.kind for monitor in MONITORS}:
        with pytest.raises(MonitoringError, match=kind.slug):
            monitor_for(kind)


def test_no_violation_against_its_own_baseline(monitor, mode):
    data = batches(ordinary())
    analysis = monitor.analyze(data, monitor.suggest(data), mode)
    assert analysis.findings == ()
    assert analysis.documents[VIOLATIONS] == {"violations": []}
    assert analysis.item_count == ROWS


def test_a_shifted_column_is_the_one_found(monitor, mode):
    columns = ordinary()
    shifted = columns | {"amount": [repr(float(cell or 0) * 3) for cell in columns["amount"]]}
    analysis = monitor.analyze(batches(shifted), monitor.suggest(batches(columns)), mode)
    assert [finding.feature for finding in analysis.findings] == ["amount"]


def test_every_finding_says_what_the_other_mode_would_have(monitor, mode):
    columns = ordinary() | {"city": ["Oslo"] * ROWS, "age": ["x"] * ROWS}
    findings = found(monitor, columns, mode)
    other = MODES[1 - MODES.index(mode)]
    assert findings
    assert all(f.mode == mode and f.other_mode.startswith(f"{other}: ") for f in findings)


def test_the_evidence_of_every_finding_is_json(monitor, mode):
    columns = ordinary() | {"city": ["Oslo"] * ROWS, "amount": ["1.5", "1e400"] * (ROWS // 2)}
    findings = found(monitor, columns, mode)
    assert json.loads(render([dict(finding.evidence) for finding in findings]))


@pytest.mark.parametrize("size", [1, 7, 149])
def test_the_size_of_batches_does_not_matter(monitor, mode, size):
    columns = ordinary(rows=150)
    whole, parts = batches(columns), batches(columns, size)
    baseline = monitor.suggest(whole)
    assert monitor.suggest(parts) == baseline
    assert monitor.analyze(parts, baseline, mode).documents == (
        monitor.analyze(whole, baseline, mode).documents
    )


def test_row_order_changes_nothing_but_the_last_bits(monitor, mode):
    """As long as the sketch holds every row; beyond 2050 it depends on order, as AWS's does."""
    columns = ordinary()
    order = np.random.default_rng(1).permutation(ROWS)
    shuffled = {name: [cells[i] for i in order] for name, cells in columns.items()}
    baseline = monitor.suggest(batches(columns))
    near(without_sketches(monitor.suggest(batches(shuffled))), without_sketches(baseline))
    drifted = batches(ordinary(seed=8) | {"age": shuffled["member"]})
    one = monitor.analyze(drifted, baseline, mode)
    other = monitor.analyze(drifted, monitor.suggest(batches(shuffled)), mode)
    assert [f.description for f in one.findings] == [f.description for f in other.findings]


@pytest.mark.parametrize("data", [[], batches({"a": []})], ids=["no batch", "no row"])
def test_no_rows_is_an_error_that_begins_no_data(monitor, mode, data):
    with pytest.raises(NoDataError, match=r"\ANO_DATA"):
        monitor.suggest(data)
    with pytest.raises(NoDataError, match=r"\ANO_DATA"):
        monitor.analyze(data, monitor.suggest(batches(ordinary())), mode)


def test_one_row_is_judged(monitor, mode):
    baseline = monitor.suggest(batches(ordinary()))
    analysis = monitor.analyze(batches(ordinary(rows=1)), baseline, mode)
    assert analysis.item_count == 1
    render(analysis.documents)


def test_strange_columns_are_described_in_strict_json(monitor, strange):
    strict(render(monitor.suggest(batches({"c": strange, "d": ["1"] * 4}))))


def test_strange_columns_do_not_violate_their_own_baseline(monitor, mode, strange):
    data = batches({"c": strange, "d": ["1"] * 4})
    assert monitor.analyze(data, monitor.suggest(data), mode).findings == ()


def test_strange_traffic_is_judged_against_an_ordinary_baseline(monitor, mode, strange):
    for name in ordinary():
        traffic = ordinary(rows=len(strange)) | {name: strange}
        analysis = monitor.analyze(batches(traffic), monitor.suggest(batches(ordinary())), mode)
        strict(render(analysis.documents))


def test_ordinary_traffic_is_judged_against_a_strange_baseline(monitor, mode, strange):
    for name in ordinary():
        baseline = monitor.suggest(batches(ordinary(rows=len(strange)) | {name: strange}))
        strict(render(monitor.analyze(batches(ordinary()), baseline, mode).documents))


@pytest.mark.parametrize("cells", [["a", "b"] * 5000, None], ids=["few", "many distinct"])
def test_many_distinct_categories_stay_bounded(monitor, mode, cells):
    texts = cells or [f"user-{i}" for i in range(10_000)]
    baseline = monitor.suggest(batches({"user": texts}))
    assert (len(render(baseline)) < 5000) or cells
    unseen = batches({"user": [f"new-{i}" for i in range(10_000)]})
    strict(render(monitor.analyze(unseen, baseline, mode).documents))


def test_a_missing_column_is_a_finding(monitor, mode):
    columns = ordinary()
    del columns["age"]
    findings = found(monitor, columns, mode)
    assert [finding.check for finding in findings] == ["missing_column_check"]


def test_an_unseen_column_is_a_finding(monitor, mode):
    columns = ordinary() | {"shoe size": ["42"] * ROWS}
    findings = found(monitor, columns, mode)
    assert [finding.check for finding in findings] == ["extra_column_check"]


def test_a_column_named_twice_is_refused(monitor, mode):
    twice = pa.record_batch([pa.array(["1"]), pa.array(["2"])], names=["a", "a"])
    with pytest.raises(MonitoringError, match="more than once"):
        monitor.suggest([twice])


def strict(text: str) -> None:
    def refuse(token: str) -> None:
        raise AssertionError(f"{token} is no JSON")

    json.loads(text, parse_constant=refuse)


def without_sketches(documents: Any) -> Any:
    """Documents without the sketch's raw levels, whose order is the rows'."""
    if isinstance(documents, dict):
        return {k: without_sketches(v) for k, v in documents.items() if k != "sketch"}
    if isinstance(documents, list):
        return [without_sketches(value) for value in documents]
    return documents


def near(one: Any, other: Any) -> None:
    if isinstance(one, dict):
        assert one.keys() == other.keys()
        for key in one:
            near(one[key], other[key])
    elif isinstance(one, list):
        assert len(one) == len(other)
        for a, b in zip(one, other, strict=True):
            near(a, b)
    elif isinstance(one, float):
        assert one == pytest.approx(other, rel=1e-12)
    else:
        assert one == other
