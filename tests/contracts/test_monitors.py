"""What every monitor must do, whoever wrote it.

A fifth monitor joins by being in MONITORS and having a `Subject` here; a monitor that drops
out fails the first test. What only data quality promises of columns stands at the end.
"""

from __future__ import annotations

import json
import resource
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from monitoring.documents import VIOLATIONS, render
from monitoring.errors import MonitoringError, NoDataError
from monitoring.kinds import BIAS, DATA_QUALITY, EXPLAINABILITY, KINDS, MODEL_QUALITY, Kind
from monitoring.monitors import MONITORS, monitor_for
from monitoring.monitors.answers import ModelQuality
from monitoring.monitors.base import Analysis, Monitor, Observations
from monitoring.monitors.bias_settings import BiasSettings
from monitoring.monitors.explainability_settings import ExplainabilitySettings

MODES = ("corrected", "compat")
ROWS = 400
HUGE = "9" * 400
ANSWERS = ("label", "predicted", "probability")
FEATURES = ("amount", "age", "member", "city")

Columns = dict[str, Sequence[str | None]]


def batches(columns: Columns, size: int = 1000) -> list[pa.RecordBatch]:
    table = pa.table({name: pa.array(cells, pa.string()) for name, cells in columns.items()})
    return table.to_batches(max_chunksize=size)


def observations(columns: Columns, size: int = 1000) -> list[Observations]:
    """The same rows, label and answers taken out of the features."""
    return [
        Observations(
            batch.select([name for name in batch.schema.names if name not in ANSWERS]),
            **{name: batch.column(name) for name in ANSWERS if name in batch.schema.names},
        )
        for batch in batches(columns, size)
    ]


def predict(rows: Any) -> Any:
    """A model that looks at its first feature most; what it cannot read it refuses (NaN)."""

    def number(cell: str | None) -> float:
        try:
            return float(cell or 0)
        except ValueError:
            return float(len(cell or ""))

    with np.errstate(all="ignore"):
        found = [[2 * number(r[0]) / 100 + number(r[1]) / 100 + number(r[2]) / 50] for r in rows]
        return np.tanh(np.array(found, dtype=np.float64))


@dataclass(frozen=True)
class Subject:
    """A monitor, what it is told, and what makes it find something."""

    monitor: Monitor
    settings: Any
    read: Callable[..., list[Any]]
    worsen: Callable[[Columns], Columns]

    @property
    def places(self) -> tuple[str, ...]:
        """Columns to put strange cells into. To data quality all columns are alike."""
        return ("amount", "city") if self.read is batches else (*FEATURES, *ANSWERS)

    def suggest(self, columns: Columns, size: int = 1000) -> Any:
        return self.monitor.suggest(self.read(columns, size), self.settings)

    def analyze(self, columns: Columns, baseline: Any, mode: Any, size: int = 1000) -> Analysis:
        return self.monitor.analyze(self.read(columns, size), baseline, mode, self.settings)


def tripled(columns: Columns) -> Columns:
    return columns | {"amount": [repr(float(cell or 0) * 3) for cell in columns["amount"]]}


def always_wrong(columns: Columns) -> Columns:
    return columns | {"predicted": ["1" if label == "0" else "0" for label in columns["label"]]}


def members_refused(columns: Columns) -> Columns:
    pairs = zip(columns["member"], columns["predicted"], strict=True)
    return columns | {"predicted": ["0" if member == "1" else said for member, said in pairs]}


def ages_stretched(columns: Columns) -> Columns:
    return columns | {
        "age": [str(10 * int(cell or 0)) for cell in columns["age"]],
        "amount": ["20.0"] * len(columns["amount"]),
    }


BIAS_CONFIG = {
    "headers": [*FEATURES, "label"],
    "label": "label",
    "label_values_or_threshold": [1],
    "facet": [{"name_or_index": "member", "value_or_threshold": [1]}],
    "group_variable": "city",
}
SUBJECTS: dict[Kind, tuple[Any, Any, Any]] = {
    DATA_QUALITY: (None, batches, tripled),
    MODEL_QUALITY: (ModelQuality("BinaryClassification"), observations, always_wrong),
    BIAS: (BiasSettings.of(BIAS_CONFIG), observations, members_refused),
    EXPLAINABILITY: (
        ExplainabilitySettings(
            predict, baseline=(("20.0", "40", "0", "Roma"),), num_samples=32, features=FEATURES
        ),
        observations,
        ages_stretched,
    ),
}


@pytest.fixture(params=MONITORS, ids=lambda monitor: monitor.kind.slug)
def subject(request) -> Subject:
    return Subject(request.param, *SUBJECTS[request.param.kind])


@pytest.fixture(params=MODES)
def mode(request) -> Any:
    return request.param


def ordinary(rows: int = ROWS, seed: int = 7) -> Columns:
    """A decimal, an integer, a flag and a category; a model's answers, and the truth."""
    rng = np.random.default_rng(seed)
    amount = rng.lognormal(3, 1, rows)
    label = rng.integers(0, 2, rows)
    probability = np.clip(0.25 + 0.5 * label + rng.normal(0, 0.2, rows), 0, 1)
    return {
        "amount": [repr(x) for x in amount.tolist()],
        "age": [str(x) for x in rng.integers(18, 90, rows)],
        "member": [str(x) for x in rng.integers(0, 2, rows)],
        "city": [str(x) for x in rng.choice(["Roma", "Zürich", "São Paulo"], rows)],
        "label": [str(x) for x in label],
        "predicted": [str(int(x)) for x in probability > 0.5],
        "probability": [repr(x) for x in probability.tolist()],
    }


def outcome(act: Callable[[], Any]) -> Any:
    """What came of it, or None where the monitor said in one line why nothing could."""
    try:
        return act()
    except MonitoringError as error:
        assert str(error)
        assert "\n" not in str(error)
        assert "Traceback" not in str(error)
        return None


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
    assert tuple(monitor.kind for monitor in MONITORS) == KINDS
    assert {*SUBJECTS} == {*KINDS}


def test_a_monitor_is_found_by_its_kind():
    for kind in KINDS:
        assert monitor_for(kind).kind == kind


def test_no_violation_against_its_own_baseline(subject, mode):
    columns = ordinary()
    analysis = subject.analyze(columns, subject.suggest(columns), mode)
    assert analysis.findings == ()
    assert analysis.documents[VIOLATIONS]["violations"] == []
    assert analysis.item_count == ROWS


def test_what_got_worse_is_found(subject, mode):
    columns = ordinary()
    baseline = subject.suggest(columns)
    assert subject.analyze(subject.worsen(columns), baseline, mode).findings


def test_corrected_stays_silent_on_other_rows_of_the_same_kind(subject):
    """Forty executions of data quality are not free; ten already show a rate."""
    baseline = subject.suggest(ordinary())
    found = [
        finding
        for seed in range(10)
        for finding in subject.analyze(ordinary(200, seed + 100), baseline, "corrected").findings
    ]
    assert len(found) <= 1, [finding.description for finding in found]


def test_every_finding_says_what_the_other_mode_would_have(subject, mode):
    columns = ordinary()
    baseline = subject.suggest(columns)
    findings = subject.analyze(subject.worsen(columns), baseline, mode).findings
    other = MODES[1 - MODES.index(mode)]
    assert findings
    assert all(f.mode == mode and f.other_mode.startswith(f"{other}: ") for f in findings)


def test_the_violations_file_is_the_findings(subject, mode):
    columns = ordinary()
    analysis = subject.analyze(subject.worsen(columns), subject.suggest(columns), mode)
    violations = analysis.documents[VIOLATIONS]["violations"]
    assert violations == [finding.violation() for finding in analysis.findings]
    assert all("constraint_check_type" in entry and "description" in entry for entry in violations)


def test_the_evidence_of_every_finding_is_json(subject, mode):
    columns = ordinary()
    analysis = subject.analyze(subject.worsen(columns), subject.suggest(columns), mode)
    assert json.loads(render([dict(finding.evidence) for finding in analysis.findings]))


@pytest.mark.parametrize("size", [1, 7, 149])
def test_the_size_of_batches_does_not_matter(subject, mode, size):
    columns = ordinary(rows=150)
    baseline = subject.suggest(columns)
    near(dict(subject.suggest(columns, size)), dict(baseline))
    one = subject.analyze(columns, baseline, mode, size).documents
    near(dict(one), dict(subject.analyze(columns, baseline, mode).documents))


def test_row_order_changes_nothing_but_the_last_bits(subject, mode):
    columns = ordinary()
    order = np.random.default_rng(1).permutation(ROWS)
    shuffled = {name: [cells[i] for i in order] for name, cells in columns.items()}
    baseline = subject.suggest(columns)
    near(dict(subject.suggest(shuffled)), dict(baseline))
    worse = subject.worsen(columns)
    one = subject.analyze(worse, baseline, mode)
    other = subject.analyze(worse, subject.suggest(shuffled), mode)
    assert [f.feature for f in one.findings] == [f.feature for f in other.findings]


@pytest.mark.parametrize("columns", [None, {name: [] for name in (*FEATURES, *ANSWERS)}])
def test_no_rows_is_an_error_that_begins_no_data(subject, mode, columns):
    data = [] if columns is None else subject.read(columns)
    with pytest.raises(NoDataError, match=r"\ANO_DATA"):
        subject.monitor.suggest(data, subject.settings)
    with pytest.raises(NoDataError, match=r"\ANO_DATA"):
        subject.monitor.analyze(data, subject.suggest(ordinary()), mode, subject.settings)


def test_one_row_is_judged_or_refused_with_a_reason(subject, mode):
    baseline = subject.suggest(ordinary())
    analysis = outcome(lambda: subject.analyze(ordinary(rows=1), baseline, mode))
    if analysis is not None:
        assert analysis.item_count == 1
        strict(render(analysis.documents))


def test_strange_columns_are_described_in_strict_json_or_refused(subject, strange):
    for name in subject.places:
        columns = ordinary(rows=len(strange)) | {name: strange}
        baseline = outcome(lambda columns=columns: subject.suggest(columns))
        if baseline is not None:
            strict(render(baseline))


def test_strange_columns_do_not_violate_their_own_baseline(subject, mode, strange):
    for name in subject.places:
        columns = ordinary(rows=len(strange)) | {name: strange}
        baseline = outcome(lambda columns=columns: subject.suggest(columns))
        if baseline is not None:
            found = outcome(lambda c=columns, b=baseline: subject.analyze(c, b, mode))
            assert found is None or found.findings == ()


def test_strange_traffic_is_judged_against_an_ordinary_baseline(subject, mode, strange):
    baseline = subject.suggest(ordinary())
    for name in subject.places:
        traffic = ordinary(rows=len(strange)) | {name: strange}
        analysis = outcome(lambda traffic=traffic: subject.analyze(traffic, baseline, mode))
        if analysis is not None:
            strict(render(analysis.documents))


def test_ordinary_traffic_is_judged_against_a_strange_baseline(subject, mode, strange):
    for name in subject.places:
        columns = ordinary(rows=len(strange)) | {name: strange}
        baseline = outcome(lambda columns=columns: subject.suggest(columns))
        if baseline is not None:
            analysis = outcome(lambda b=baseline: subject.analyze(ordinary(), b, mode))
            assert analysis is None or strict(render(analysis.documents)) is None


def test_a_missing_column_is_a_finding_or_a_reason(subject, mode):
    baseline = subject.suggest(ordinary())
    for name in (*FEATURES, *ANSWERS):
        columns = {key: cells for key, cells in ordinary().items() if key != name}
        analysis = outcome(lambda columns=columns: subject.analyze(columns, baseline, mode))
        if analysis is not None:
            strict(render(analysis.documents))


def test_a_renamed_column_is_a_finding_or_a_reason(subject, mode):
    baseline = subject.suggest(ordinary())
    for name in FEATURES:
        columns = {f"new {key}" if key == name else key: v for key, v in ordinary().items()}
        analysis = outcome(lambda columns=columns: subject.analyze(columns, baseline, mode))
        if analysis is not None:
            strict(render(analysis.documents))


def test_an_unseen_column_is_a_finding_a_reason_or_nothing_to_the_monitor(subject, mode):
    ordinarily = subject.analyze(ordinary(), subject.suggest(ordinary()), mode)
    columns = ordinary() | {"shoe size": ["42"] * ROWS}
    analysis = outcome(lambda: subject.analyze(columns, subject.suggest(ordinary()), mode))
    if analysis is not None and not analysis.findings:
        near(dict(analysis.documents), dict(ordinarily.documents))


def test_a_renamed_column_is_found_by_its_monitor(subject):
    """Each of the three that read features says so; model quality reads answers alone."""
    baseline = subject.suggest(ordinary())
    columns = {"sex" if key == "member" else key: v for key, v in ordinary().items()}
    analysis = outcome(lambda: subject.analyze(columns, baseline, "corrected"))
    reads_features = subject.monitor.kind != MODEL_QUALITY
    assert (analysis is None or bool(analysis.findings)) == reads_features


MILLION = 1_000_000
CATEGORIES = {
    DATA_QUALITY: ("city",),
    MODEL_QUALITY: ("label", "predicted"),
    BIAS: ("city", "age"),
    EXPLAINABILITY: ("city",),
}
"""Columns in which a million categories are no mistake of the settings."""


def test_a_million_distinct_categories_stay_bounded(subject):
    """Documents, and memory beside the batches: neither grows with the categories."""
    kind = subject.monitor.kind
    rows = 500 if kind == EXPLAINABILITY else MILLION
    for name in CATEGORIES[kind]:
        before = peak_memory()
        made = outcome(
            lambda name=name: subject.monitor.suggest(crowd(subject, name, rows), subject.settings)
        )
        assert peak_memory() - before < 150 << 20
        if made is not None:
            assert len(render(made)) < 1 << 20


def peak_memory() -> int:
    """Bytes of this process at its largest."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


def crowd(subject: Subject, name: str, rows: int) -> Iterator[Any]:
    """Rows of which every one has a category of its own in one column, batch by batch."""
    some = ordinary(rows=min(rows, 20_000))
    for start in range(0, rows, 20_000):
        count = min(20_000, rows - start)
        columns = {key: cells[:count] for key, cells in some.items()}
        yield from subject.read(columns | {name: [f"user-{start + i}" for i in range(count)]})


# Columns, by data quality


@pytest.fixture
def columns_monitor() -> Subject:
    return Subject(monitor_for(DATA_QUALITY), *SUBJECTS[DATA_QUALITY])


def test_a_shifted_column_is_the_one_found(columns_monitor, mode):
    columns = ordinary()
    analysis = columns_monitor.analyze(tripled(columns), columns_monitor.suggest(columns), mode)
    assert [finding.feature for finding in analysis.findings] == ["amount"]


@pytest.mark.parametrize("cells", [["a", "b"] * 5000, None], ids=["few", "many distinct"])
def test_many_distinct_categories_stay_bounded(columns_monitor, mode, cells):
    texts = cells or [f"user-{i}" for i in range(10_000)]
    baseline = columns_monitor.suggest({"user": texts})
    assert (len(render(baseline)) < 5000) or cells
    unseen = {"user": [f"new-{i}" for i in range(10_000)]}
    strict(render(columns_monitor.analyze(unseen, baseline, mode).documents))


def test_a_missing_column_is_a_finding(columns_monitor, mode):
    columns = ordinary()
    baseline = columns_monitor.suggest(columns)
    del columns["age"]
    findings = columns_monitor.analyze(columns, baseline, mode).findings
    assert [finding.check for finding in findings] == ["missing_column_check"]


def test_an_unseen_column_is_a_finding(columns_monitor, mode):
    columns = ordinary() | {"shoe size": ["42"] * ROWS}
    findings = columns_monitor.analyze(columns, columns_monitor.suggest(ordinary()), mode).findings
    assert [finding.check for finding in findings] == ["extra_column_check"]


def test_a_column_named_twice_is_refused(columns_monitor):
    twice = pa.record_batch([pa.array(["1"]), pa.array(["2"])], names=["a", "a"])
    with pytest.raises(MonitoringError, match="more than once"):
        columns_monitor.monitor.suggest([twice])


def strict(text: str) -> None:
    def refuse(token: str) -> None:
        raise AssertionError(f"{token} is no JSON")

    json.loads(text, parse_constant=refuse)


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
