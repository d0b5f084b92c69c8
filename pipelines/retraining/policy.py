"""The retraining policy: limits that were decided before anybody saw the numbers.

Needs     a JSON object; what it leaves out has the defaults below
Gives     a `Policy`, or ConfigError with every problem of the file
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Self

from monitoring.errors import ConfigError
from pipelines.preprocess import FEWEST_ROWS
from pipelines.spelling import no_setting


@dataclass(frozen=True, slots=True)
class Windows:
    """So many of the latest windows must have violations."""

    windows: int = 24
    """Evaluated windows that are looked at, the latest first."""
    violated: int = 12


@dataclass(frozen=True, slots=True)
class Policy:
    """When to retrain, and what a challenger must show."""

    every_days: float | None = 30.0
    """Retrain by the calendar; null for never."""
    drift: Windows = field(default_factory=Windows)
    """Of data quality or of feature attribution. Drift alone retrains nothing: the model may
    answer as well as before."""
    performance: Windows = field(default_factory=Windows)
    """Of model quality. Both together retrain."""
    cooldown_days: float = 7.0
    """After a training, whatever became of its challenger."""
    minimum_labels: int = 500
    """Production rows with a label that no training has used, beside those held out."""
    held_out_share: float = 0.3
    """The most recent ones of these are kept from training, to compare on."""
    minimum_held_out: int = 25
    """Of the rarer class among those held out; with fewer the interval says nothing."""
    confidence: float = 0.95
    resamples: int = 2000
    minimum_gain: float = 0.0
    """The interval of the challenger's ROC-AUC less the champion's must lie above this. Below
    0 it is the loss that is put up with for a younger model."""

    @classmethod
    def read(cls, path: Path) -> Policy:
        """From a file; raises ConfigError."""
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ConfigError(
                f"{path}: cannot be read as JSON ({type(error).__name__}), so there is no policy "
                "to decide by; correct the file"
            ) from error
        return cls.from_json(document, str(path))

    @classmethod
    def from_json(cls, document: Any, name: str = "policy") -> Policy:
        """The reverse of `to_json`; raises ConfigError listing every problem.

        >>> Policy.from_json({"every_days": None, "drift": {"windows": 6, "violated": 6}}).drift
        Windows(windows=6, violated=6)
        >>> Policy.from_json({"cooldown": 7})
        Traceback (most recent call last):
        monitoring.errors.ConfigError: policy: cooldown is no setting; did you mean cooldown_days?
        """
        if not isinstance(document, dict):
            raise ConfigError(f"{name}: is no JSON object, so there is no policy to decide by")
        problems: list[str] = []
        made: Self | None = _made(cls, document, "", problems)
        if made is None or problems:
            raise ConfigError(f"{name}: {'; '.join(problems)}")
        return made

    def to_json(self) -> dict[str, Any]:
        """Every setting, those left out too."""
        return asdict(self)

    @property
    def sha256(self) -> str:
        """Of all settings: which policy it was."""
        return hashlib.sha256(json.dumps(self.to_json(), sort_keys=True).encode()).hexdigest()


_RANGES: dict[str, tuple[float, float]] = {
    "every_days": (1, 3650),
    "windows": (1, 10_000),
    "violated": (1, 10_000),
    "cooldown_days": (0, 3650),
    "minimum_labels": (FEWEST_ROWS, math.inf),
    "held_out_share": (0.05, 0.95),
    "minimum_held_out": (2, math.inf),
    "confidence": (0.5, 0.999),
    "resamples": (200, 100_000),
    "minimum_gain": (-1, 1),
}
_WHOLE = {"windows", "violated", "minimum_labels", "minimum_held_out", "resamples"}


def _made(kind: Any, document: dict[str, Any], where: str, problems: list[str]) -> Any:
    """An instance of a dataclass of settings; None where there are problems, which are added."""
    before, known = len(problems), [each.name for each in fields(kind)]
    values: dict[str, Any] = {}
    for name, value in document.items():
        if name not in known:
            problems.append(f"{where}{no_setting(name, known)}")
        elif name in ("drift", "performance"):
            if isinstance(value, dict):
                values[name] = _made(Windows, value, f"{name}.", problems)
            else:
                problems.append(f"{name} is no object of windows and violated")
        elif value is None and name == "every_days":
            values[name] = None
        elif problem := _wrong(name, value):
            problems.append(f"{where}{problem}")
        else:
            values[name] = value
    if len(problems) > before:
        return None
    made = kind(**values)
    if isinstance(made, Windows) and made.violated > made.windows:
        problems.append(f"{where}violated is {made.violated} of only {made.windows} windows")
    return made


def _wrong(name: str, value: Any) -> str:
    low, high = _RANGES[name]
    allowed = int if name in _WHOLE else (int, float)
    if isinstance(value, bool) or not isinstance(value, allowed):
        return f"{name} is no {'whole ' if name in _WHOLE else ''}number"
    if not low <= value <= high:
        return f"{name} is {value}; it lies between {low:g} and {high:g}"
    return ""
