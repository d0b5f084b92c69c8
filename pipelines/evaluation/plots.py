"""Plots: the numbers of evaluation.json as small SVG drawings that live inside a page.

Needs     the report
Gives     SVG elements as text, without a size of their own and with the page's font

Text and axes take the colour of the text around them, so that one drawing is read on light
and on dark paper. The same report gives the same bytes. matplotlib is imported by the first
drawing and by nothing else (docs/decisions/0009-plots.md).
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

Report = Mapping[str, Any]

INK: Final = "#010203"
"""Stands for the colour of the text around a drawing; no other part of one has it."""
FIRST, SECOND, FAINT = "#3b82c4", "#d9822b", "#8a8f98"
"""Told apart by people who see no red or green, and on either paper."""
STYLE: Final[Mapping[Any, object]] = {
    "svg.fonttype": "none",
    "font.size": 9,
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
}
WIDTH, LABELS, LETTER = 5.2, 0.6, 0.078
"""Inches: of a drawing, which the page stretches to its column; below an axis; of a letter."""
LONGEST_NAME, NO_NAME = 32, 6
"""Letters beside a plot: of a name, and of numbers with a label."""


def curves(report: Report) -> str:
    """ROC and precision-recall curve side by side; empty where there is one class only."""
    metrics = report["binary_classification_metrics"]
    if "precision_recall_curve" not in metrics:
        return ""
    roc, pr = metrics["receiver_operating_characteristic_curve"], metrics["precision_recall_curve"]
    rate = report["dataset"]["positive_count"] / report["dataset"]["item_count"]

    def draw(axes: Sequence[Any]) -> None:
        left, right = axes
        left.plot(roc["false_positive_rates"], roc["true_positive_rates"], color=FIRST)
        left.plot([0, 1], [0, 1], color=FAINT, linestyle=":")
        left.set(xlabel="false positive rate", ylabel="true positive rate")
        right.plot(pr["recalls"], pr["precisions"], color=FIRST)
        right.axhline(rate, color=FAINT, linestyle=":")
        right.set(xlabel="recall", ylabel="precision", ylim=(0, 1.02))

    return _svg(draw, height=2.4, columns=2)


def reliability(report: Report) -> str:
    """Claimed against observed frequency, with the interval of each bin."""
    points = report["calibration"].get("reliability_curve", [])
    if not points:
        return ""
    claimed = [point["mean_score"] for point in points]
    observed = [point["positive_rate"] for point in points]
    low = [rate - point["interval"][0] for rate, point in zip(observed, points, strict=True)]
    high = [point["interval"][1] - rate for rate, point in zip(observed, points, strict=True)]

    def draw(axes: Sequence[Any]) -> None:
        axes[0].plot([0, 1], [0, 1], color=FAINT, linestyle=":")
        axes[0].errorbar(claimed, observed, yerr=[low, high], fmt="o-", color=FIRST, markersize=4)
        axes[0].set(xlabel="probability the model gave", ylabel="share that was positive")

    return _svg(draw, height=2.6)


def costs(report: Report, threshold: float) -> str:
    """Mean cost of a row at every threshold, and at the one that was chosen."""
    cost = report["cost"]
    curve, constant = cost.get("curve"), cost["same_for_all"]
    if curve is None:
        return ""
    cheapest = min(value for value in constant.values() if isinstance(value, float))

    def draw(axes: Sequence[Any]) -> None:
        axes[0].step(curve["thresholds"], curve["mean_costs"], where="post", color=FIRST)
        axes[0].axvline(threshold, color=SECOND, linestyle="--", label="threshold of the model")
        axes[0].axhline(cheapest, color=FAINT, linestyle=":", label="one decision for everybody")
        axes[0].set(xlabel="threshold", ylabel="mean cost of a row", ylim=(0, 1.6 * cheapest))
        axes[0].legend(loc="upper right")

    return _svg(draw, height=2.6)


def segments(report: Report) -> str:
    """The area under the ROC curve of each segment, with its interval."""
    rows = [
        (f"{column}: {value['value']}", value["auc"]["value"], value["auc"]["interval"])
        for column, block in report["segments"].items()
        for value in block.get("values", [])
        if "interval" in value.get("auc", {})
    ]
    if not rows:
        return ""
    names, areas, bounds = zip(*reversed(rows), strict=True)
    low = [area - bound[0] for area, bound in zip(areas, bounds, strict=True)]
    high = [bound[1] - area for area, bound in zip(areas, bounds, strict=True)]
    whole = report["binary_classification_metrics"]["auc"]["value"]

    def draw(axes: Sequence[Any]) -> None:
        places = range(len(names))
        axes[0].errorbar(areas, places, xerr=[low, high], fmt="o", color=FIRST, markersize=4)
        axes[0].axvline(whole, color=FAINT, linestyle=":")
        axes[0].set_yticks(places, [_short(name) for name in names])
        axes[0].set(xlabel="area under the ROC curve; dotted: all rows")

    return _svg(draw, height=LABELS + 0.2 * len(rows), names=names)


def sensitivity(report: Report) -> str:
    """By how much each feature's step moves the probability."""
    return _bars(
        {each["feature"]: each["mean_change"] for each in report["sensitivity"]["features"]},
        "mean change of the probability",
    )


def adversarial(report: Report, decision: str) -> str:
    """How many rows of a decision one plausible change of each feature flips."""
    block = report["adversarial"]["by_decision"][decision]
    alone = {each["feature"]: each["flipped_alone"] for each in block["features"]}
    return _bars(alone, f"of {block['rows']} rows, flipped by this feature alone")


def _bars(values: Mapping[str, float], label: str) -> str:
    if not values:
        return ""
    shown = list(values.items())[:20]

    def draw(axes: Sequence[Any]) -> None:
        names, lengths = zip(*reversed(shown), strict=True)
        axes[0].barh(range(len(names)), lengths, color=FIRST, height=0.6)
        axes[0].set_yticks(range(len(names)), [_short(name) for name in names])
        axes[0].set(xlabel=label)

    return _svg(draw, height=LABELS + 0.2 * len(shown), names=[*values])


def _short(name: str) -> str:
    """A name that fits beside a plot; `$` would begin mathematics."""
    short = name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"
    return short.replace("$", r"\$")


def _svg(
    draw: Callable[[Sequence[Any]], None],
    height: float,
    columns: int = 1,
    names: Sequence[str] = (),
) -> str:
    """One drawing as an `<svg>` element that is as wide as what it stands in.

    `names` stand on its left. Margins are counted in letters: to have matplotlib measure them
    draws everything twice.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context({**STYLE, "svg.hashsalt": "evaluation"}):
        longest = max((len(_short(name)) for name in names), default=NO_NAME)
        figure = Figure(figsize=(WIDTH, height))
        axes = figure.subplots(1, columns, squeeze=False)[0]
        figure.subplots_adjust(
            left=(0.15 + LETTER * longest) / WIDTH,
            right=1 - 0.15 / WIDTH,
            bottom=(LABELS - 0.1) / height,
            top=1 - 0.1 / height,
            wspace=0.4,
        )
        draw(axes)
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, count=1, flags=re.DOTALL)
    text = re.sub(r' (width|height)="[\d.]+pt"', "", text, count=2)
    text = re.sub(r"font: (.*?)px [^;\"]*", r"font: \1px system-ui, sans-serif", text)
    return _with_own_ids(text.replace(INK, "currentColor"))


def _with_own_ids(svg: str) -> str:
    """Ids are of the whole page: those of two drawings must differ."""
    own = hashlib.sha256(svg.encode()).hexdigest()[:8]
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{own}-\1"', svg)
    return re.sub(r'(url\(|xlink:href=")#', rf"\1#{own}-", svg)
