"""Candidates of a tuning job: values for its hyperparameters, drawn or counted through.

Needs     ParameterRanges, the strategy, a seed where there is one
Gives     one set of values after the other, as the text that CreateTrainingJob takes

Bayesian search learns from what ran before; here it draws as Random does, and says so in
docs/offline-aws.md: the best of it is no worse than what Random finds, and no better.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterator, Mapping
from typing import Any

Candidate = dict[str, str]
RANGES = ("IntegerParameterRanges", "ContinuousParameterRanges", "CategoricalParameterRanges")
DRAWN = ("Random", "Bayesian")
COUNTED = "Grid"


def candidates(
    strategy: str, ranges: Mapping[str, Any], seed: int | None = None
) -> Iterator[Candidate]:
    """Values without end where they are drawn; every combination once where they are counted.

    >>> ranges = {"CategoricalParameterRanges": [
    ...     {"Name": "a", "Values": ["1", "2"]}, {"Name": "b", "Values": ["x"]}]}
    >>> list(candidates("Grid", ranges))
    [{'a': '1', 'b': 'x'}, {'a': '2', 'b': 'x'}]
    """
    if strategy == COUNTED:
        yield from _grid(ranges)
        return
    drawn = random.Random(seed)  # noqa: S311 (a search, no secret)
    while True:
        yield {
            one["Name"]: _draw(drawn, kind, one) for kind in RANGES for one in ranges.get(kind, ())
        }


def combinations(ranges: Mapping[str, Any]) -> int:
    """How many a grid has."""
    return math.prod(len(one["Values"]) for one in ranges.get(RANGES[2], ()))


def _grid(ranges: Mapping[str, Any]) -> Iterator[Candidate]:
    listed = ranges.get(RANGES[2], ())
    names = [one["Name"] for one in listed]
    for values in itertools.product(*(one["Values"] for one in listed)):
        yield dict(zip(names, values, strict=True))


def _draw(drawn: random.Random, kind: str, one: Mapping[str, Any]) -> str:
    if kind == RANGES[2]:
        return str(drawn.choice(one["Values"]))
    least, most = float(one["MinValue"]), float(one["MaxValue"])
    value = scaled(drawn.random(), least, most, one.get("ScalingType", "Auto"))
    if kind == RANGES[0]:
        return str(min(max(round(value), round(least)), round(most)))
    return repr(value)


def scaled(share: float, least: float, most: float, scaling: str) -> float:
    """The value at a share of a range, as its scale counts.

    >>> scaled(0.5, 1, 100, "Linear"), round(scaled(0.5, 1, 100, "Logarithmic"), 9)
    (50.5, 10.0)
    >>> round(scaled(0.5, 0.9, 0.999, "ReverseLogarithmic"), 9)
    0.99
    """
    if scaling == "Logarithmic":
        value = math.exp(math.log(least) + share * (math.log(most) - math.log(least)))
    elif scaling == "ReverseLogarithmic":
        low, high = math.log(1 - least), math.log(1 - most)
        value = 1 - math.exp(low + share * (high - low))
    else:
        value = least + share * (most - least)
    return min(max(value, least), most)


def problem(strategy: str, ranges: Mapping[str, Any]) -> str:
    """What is wrong with the ranges; "" when nothing is."""
    numeric = [one for kind in RANGES[:2] for one in ranges.get(kind, ())]
    if strategy == COUNTED and numeric:
        return f"Grid search takes categorical ranges only; {numeric[0]['Name']} is numeric."
    names = [one["Name"] for kind in RANGES for one in ranges.get(kind, ())]
    if not names:
        return "ParameterRanges name no hyperparameter."
    if len(set(names)) < len(names):
        return "ParameterRanges name a hyperparameter twice."
    for one in numeric:
        try:
            least, most = float(one["MinValue"]), float(one["MaxValue"])
        except ValueError:
            return f"The range of {one['Name']} is not of numbers."
        scaling = one.get("ScalingType", "Auto")
        if not least <= most:
            return f"The range of {one['Name']} ends ({most}) before it begins ({least})."
        if scaling == "Logarithmic" and least <= 0:
            return f"The range of {one['Name']} is Logarithmic and must lie above 0."
        if scaling == "ReverseLogarithmic" and not (least >= 0 and most < 1):
            return f"The range of {one['Name']} is ReverseLogarithmic and must lie in [0, 1)."
    return ""
