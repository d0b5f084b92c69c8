"""The page: evaluation.json for people, in one file that needs nothing beside it.

Needs     the model's description; the report
Gives     HTML: no script, no address, light and dark, wide and narrow

Column names and values come from data and are escaped. What could not be computed says why
where the number would stand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import Any, Final

from pipelines.evaluation import plots
from pipelines.evaluation.gate import LIMITED, value_of
from pipelines.models.base import Model

Report = Mapping[str, Any]

MOST_STRESSED: Final = 12
"""Scenarios that are listed; evaluation.json holds them all."""
NAMES: Final = {
    "auc": "ROC-AUC",
    "au_prc": "PR-AUC",
    "f1": "F1",
    "mean_cost": "mean cost",
    "expected_calibration_error": "calibration error",
}
STYLE: Final = """
:root { color-scheme: light dark; --line: #8886; --bad: #c22; --good: #17803d; }
@media (prefers-color-scheme: dark) { :root { --bad: #ff7b72; --good: #56d37f; } }
* { box-sizing: border-box; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 1rem 0 0; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 .3rem; border-top: 1px solid var(--line);
     padding-top: 1rem; }
p { margin: .4rem 0 .8rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: .5rem 0 1rem; }
th, td { text-align: right; padding: .2rem .8rem .2rem 0; border-bottom: 1px solid var(--line);
         white-space: nowrap; }
th:first-child, td:first-child { text-align: left; white-space: normal; min-width: 8rem; }
thead th { font-weight: 600; vertical-align: bottom; white-space: normal; }
svg { display: block; width: 100%; height: auto; min-width: 28rem; max-width: 38rem;
      margin: .5rem 0; }
.verdict { font-weight: 600; } .passed { color: var(--good); } .failed { color: var(--bad); }
"""


def render(model: Model, version: str, threshold: float, report: Report) -> str:
    """The whole page."""
    sections = (
        _gate(report),
        _quality(report),
        _decisions(model, threshold, report),
        _calibration(report),
        _segments(report),
        _overfitting(report),
        _sensitivity(report),
        _adversarial(report),
        _stress(report),
    )
    title = f"Evaluation of {model.name}"
    data = report["dataset"]
    return "\n".join(
        (
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>",
            f"<h1>{escape(title)}</h1>",
            f"<p>Version {escape(version)}, on {data['item_count']:,} rows it has never seen, "
            f"{data['positive_count']:,} of them positive. Data: {escape(model.source)}.</p>",
            *(part for section in sections for part in section),
            "</body></html>\n",
        )
    )


def _gate(report: Report) -> Iterator[str]:
    gate = report["gate"]
    word = "passed" if gate["passed"] else "failed"
    has_limits = any(limit is not None for limit in gate["limits"].values())
    kept = "It keeps its limits." if has_limits else "It has no limits to keep."
    said = kept if gate["passed"] else "It may not be registered."
    yield f'<p class="verdict {word}">{said}</p>'
    if gate["failures"]:
        yield f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in gate['failures'])}</ul>"
    rows = [
        (
            limited.title,
            value_of(report, limited.path),
            f"{'≥' if limited.at_least else '≤'} {at:g}",
        )
        for name, limited in LIMITED.items()
        if (at := gate["limits"][name]) is not None
    ]
    if rows:
        yield _table(("limit on", "found", "limit"), rows)


def _quality(report: Report) -> Iterator[str]:
    metrics = report["binary_classification_metrics"]
    yield _head("Quality", "How well the model ranks and decides. Dotted: guessing.")
    rows = [
        (NAMES.get(name, name), found["value"], found["standard_deviation"])
        for name, found in metrics.items()
        if "value" in found
    ]
    yield _table(("metric", "value", "standard deviation"), rows)
    cells = metrics["confusion_matrix"]
    decided = [(f"in truth {truth}", *row.values()) for truth, row in cells.items()]
    yield _table(("rows", "decided 0", "decided 1"), decided)
    yield _drawing(plots.curves(report))


def _decisions(model: Model, threshold: float, report: Report) -> Iterator[str]:
    cost, capacity = report["cost"], report["capacity"]
    yield _head(
        "Cost and capacity",
        f"To decide 1 wrongly costs {cost['false_positive']:,g}, to decide 0 wrongly "
        f"{cost['false_negative']:,g}. The threshold of {threshold:.4g} was chosen on the "
        "validation rows, not on these.",
    )
    always = {decision: f"always {decision}" for decision in ("0", "1")}
    if model.facets:  # somebody has said which answer is good for the person judged
        good = str(model.favourable)
        always = {
            decision: f"{words} ({'accept' if decision == good else 'refuse'} everybody)"
            for decision, words in always.items()
        }
    yield _table(
        ("mean cost of a row", ""),
        [
            ("as decided", cost["mean_cost"]),
            *((words, cost["same_for_all"][decision]) for decision, words in always.items()),
            ("at the best threshold of these rows", cost["best"].get("mean_cost", cost["best"])),
        ],
    )
    yield _drawing(plots.costs(report, threshold))
    if "reviewed" in capacity:
        yield (
            f"<p>People have time for {capacity['share']:.1%} of the cases. Of the "
            f"{capacity['reviewed']:,} with the highest probabilities, {capacity['precision']:.1%} "
            f"are positive (95 % interval {_interval(capacity['interval'])}), and "
            f"{_number(capacity['recall'])} of all positives are among them.</p>"
        )


def _calibration(report: Report) -> Iterator[str]:
    found = report["calibration"]
    chance = found.get("by_chance", {}).get("mean")
    by_chance = f"; chance alone gives {chance:.4g}" if chance is not None else ""
    error = _number(found["expected_calibration_error"])
    yield _head(
        "Calibration",
        "Whether a probability of 0.3 comes true three times in ten. The mean distance from the "
        f"dotted line is {error}{by_chance}.",
    )
    yield _drawing(plots.reliability(report))


def _segments(report: Report) -> Iterator[str]:
    if not report["segments"]:
        return
    yield _head(
        "Segments",
        "The same rows divided by a column; numbers at their quartiles. –: no such rows.",
    )
    yield _drawing(plots.segments(report))
    for column, block in report["segments"].items():
        if "not_computed" in block:
            yield f"<p>{escape(column)}: {escape(block['not_computed'])}.</p>"
            continue
        rows = [
            (
                value["value"],
                value["rows"],
                _or_dash(value["actually_positive"]["value"]),
                _or_dash(value["recall"]["value"]),
                _or_dash(value["precision"]["value"]),
                _or_dash(value["false_positive_rate"]["value"]),
                value["mean_cost"],
            )
            for value in block["values"]
        ]
        heads = (column, "rows", "positive", "recall", "precision", "false positives", "cost")
        yield _table(heads, rows)


def _overfitting(report: Report) -> Iterator[str]:
    found = report["overfitting"]
    gap = found["auc_gap"]
    between = f" (95 % interval {_interval(gap['interval'])})" if "interval" in gap else ""
    yield _head(
        "Overfitting",
        "Training rows less test rows, area under the ROC curve: "
        f"{_number(gap['value'])}{between}. The validation rows chose the threshold.",
    )
    names = ("rows", "auc", "au_prc", "mean_cost", "expected_calibration_error")
    rows = [(part, *(values[name] for name in names)) for part, values in found["parts"].items()]
    yield _table(("part", *(NAMES.get(name, name) for name in names)), rows)


def _sensitivity(report: Report) -> Iterator[str]:
    found = report["sensitivity"]
    yield _head(
        "Sensitivity",
        f"Each feature moved past {found['step']:.0%} of the training rows, up and down, or to "
        f"another category, in {found['rows']:,} rows; the others stay.",
    )
    yield _drawing(plots.sensitivity(report))
    rows = [
        (
            each["feature"],
            each["mean_change"],
            each["high_change"],
            each.get("mean_rise", ""),
            _percent(each["decisions_flipped"]),
        )
        for each in found["features"]
    ]
    heads = ("feature", "mean change", "95th percentile", "low to high", "decisions flipped")
    yield _table(heads, rows)


def _adversarial(report: Report) -> Iterator[str]:
    yield _head(
        "Adversarial changes",
        "The smallest plausible change that flips a decision: one feature, or two. A change of "
        "0.1 moves a value past a tenth of the training rows; another category counts 1.",
    )
    blocks = report["adversarial"]["by_decision"]
    rows = [
        (
            f"decided {decision}",
            block["rows"],
            block["flipped_by_one"],
            block["flipped_by_two"],
            block["not_flipped"],
            block["median_change"],
            block["flipped_by_a_facet_alone"],
        )
        for decision, block in blocks.items()
    ]
    heads = ("", "rows", "by one", "by two", "not", "median change", "by a facet alone")
    yield _table(heads, rows)
    for decision, block in blocks.items():
        if block["features"]:
            yield f"<p>Rows decided {decision}:</p>"
            yield _drawing(plots.adversarial(report, decision))


def _stress(report: Report) -> Iterator[str]:
    found = report["stress"]
    yield _head(
        "Stress",
        f"Missing cells, extremes and unseen categories in {found['rows']:,} rows: "
        f"{found['answers']:,} answers, {found['invalid']:,} of them no probability. The "
        "scenarios that flip most decisions:",
    )
    worst = sorted(found["scenarios"], key=lambda each: -each["decisions_flipped"])
    rows = [
        (
            f"{each['column'] or 'all columns'}: {each['scenario']}",
            _percent(each["decisions_flipped"]),
            each["largest_change"],
        )
        for each in worst[:MOST_STRESSED]
    ]
    yield _table(("scenario", "decisions flipped", "largest change"), rows)


def _head(title: str, what: str) -> str:
    return f"<h2>{escape(title)}</h2><p>{escape(what)}</p>"


def _drawing(svg: str) -> str:
    """Nothing where there is nothing to draw; on a phone it is moved, not shrunk."""
    return f'<div class="scroll">{svg}</div>' if svg else ""


def _table(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    head = "".join(f'<th scope="col">{escape(each)}</th>' for each in heads)
    body = "".join(
        f"<tr>{''.join(f'<td>{escape(_number(cell))}</td>' for cell in row)}</tr>" for row in rows
    )
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f'<div class="scroll">{table}</div>'


def _number(value: Any) -> str:
    """A number as it is read; the reason where there is none.

    >>> _number(1234), _number(0.123456), _number({"not_computed": "no rows"}), _number(None)
    ('1,234', '0.123', 'no rows', 'not defined')
    """
    if value is None:
        return "not defined"
    if isinstance(value, Mapping):
        return str(value["not_computed"])
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else _small(value)
    return f"{value:,}" if isinstance(value, int) else str(value)


def _small(value: float) -> str:
    """
    >>> _small(0.5), _small(0.0123456), _small(-0.00005241), _small(0.0)
    ('0.5', '0.0123', '-0.0001', '0')
    """
    return f"{value:.3g}" if abs(value) >= 0.001 or not value else f"{value:.4f}"


def _percent(share: float) -> str:
    return f"{share:.1%}"


def _or_dash(value: Any) -> Any:
    """Where a column of a table is too narrow for a reason, and its head says what it is."""
    return "–" if isinstance(value, Mapping) else value


def _interval(bounds: Sequence[float]) -> str:
    """
    >>> _interval([0.25, 0.5])
    '0.25 to 0.5'
    """
    return " to ".join(f"{bound:.3g}" for bound in bounds)
