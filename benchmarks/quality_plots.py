"""Draw one run of model quality: reliability, precision against recall, cost by threshold.

    python benchmarks/quality_plots.py RUN docs/images/model-quality.svg

Needs     the directory of a check with --additional-measures (calibration and cost)
Writes    one SVG; text, so that a change of the numbers shows in a diff
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

SIZE, MARGIN, GAP = 200, 46, 30
INK, LINE, BAND = "#24292f", "#0969da", "#8c959f"
MOST_POINTS = 100
Points = Sequence[tuple[float, float]]


def drawing(run: Path) -> str:
    """The three panels as SVG."""
    findings = json.loads((run / "findings.json").read_text())
    statistics = json.loads((run / "statistics.json").read_text())
    found = findings["additional"]["model_quality"]
    curve = statistics["binary_classification_metrics"]["precision_recall_curve"]
    recalled = thinned(list(zip(curve["recalls"], curve["precisions"], strict=True)))
    costs = found["cost"]["curve"]
    priced = list(zip(costs["thresholds"], costs["mean_costs"], strict=True))
    highest = max(cost for _, cost in priced)
    panels = (
        panel(0, "claimed", "came true", (1.0, 1.0), reliability(found["calibration"])),
        panel(1, "recall", "precision", (1.0, 1.0), [path(recalled, (1.0, 1.0))]),
        panel(2, "threshold", "mean cost", (1.0, highest), costed(found["cost"], priced, highest)),
    )
    width, height = 3 * (SIZE + MARGIN) + 2 * GAP, SIZE + MARGIN
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 -10 {width} {height + 10}" '
        'font-family="sans-serif" font-size="12">'
    )
    return "\n".join([head, *(line for lines in panels for line in lines), "</svg>", ""])


def reliability(found: dict[str, Any]) -> Iterator[str]:
    """What was claimed against what came true, each with its interval."""
    yield path([(0.0, 0.0), (1.0, 1.0)], (1.0, 1.0), BAND, "4 3")
    for point in found["reliability_curve"]:
        x, (low, high) = point["mean_score"], point["interval"]
        yield path([(x, low), (x, high)], (1.0, 1.0), BAND)
    points = [(point["mean_score"], point["positive_rate"]) for point in found["reliability_curve"]]
    yield path(points, (1.0, 1.0))


def costed(found: dict[str, Any], priced: Points, highest: float) -> Iterator[str]:
    """The cost at every threshold, and the cheapest of them."""
    best = found["best"]["threshold"]
    yield path([(best, 0.0), (best, highest)], (1.0, highest), BAND, "4 3")
    yield path(priced, (1.0, highest))


def panel(
    number: int, x_title: str, y_title: str, most: tuple[float, float], content: Iterable[str]
) -> Iterator[str]:
    """One plot with its axes, from 0 to `most`."""
    left = MARGIN + number * (SIZE + MARGIN + GAP)
    yield f'<g transform="translate({left} 0)">'
    yield f'<rect width="{SIZE}" height="{SIZE}" fill="none" stroke="{INK}"/>'
    yield from content
    middle, below = SIZE / 2, SIZE + 30
    yield f'<text x="{middle}" y="{below}" text-anchor="middle" fill="{INK}">{x_title}</text>'
    turned = f'transform="translate(-30 {middle}) rotate(-90)"'
    yield f'<text {turned} text-anchor="middle" fill="{INK}">{y_title}</text>'
    for x, y, text, anchor in (
        (0, SIZE + 15, "0", "middle"),
        (SIZE, SIZE + 15, f"{most[0]:g}", "middle"),
        (-5, 10, f"{most[1]:.3g}", "end"),
    ):
        yield f'<text x="{x}" y="{y}" text-anchor="{anchor}" fill="{INK}">{text}</text>'
    yield "</g>"


def path(points: Points, most: tuple[float, float], stroke: str = LINE, dashes: str = "") -> str:
    """A line through points of the data."""
    places = (f"{SIZE * x / most[0]:.1f},{SIZE * (1 - y / most[1]):.1f}" for x, y in points)
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return f'<polyline points="{" ".join(places)}" fill="none" stroke="{stroke}"{dashed}/>'


def thinned(points: Points) -> Points:
    """So many points that a reader of the diff still can."""
    step = max(1, len(points) // MOST_POINTS)
    return [*points[::step], points[-1]]


if __name__ == "__main__":
    source, target = map(Path, sys.argv[1:])
    target.write_text(drawing(source), encoding="utf-8")
