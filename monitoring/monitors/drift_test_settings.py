"""Which drift tests are made beyond AWS's: additional_tests.json, read once and whole.

Needs     the file's JSON
Gives     DriftTests, or one ConfigError that lists every problem of the file

A test that is not named is not made. Drift is what chance does not explain *and* what is as
large as the test's threshold: in a million rows a p-value alone finds differences that
matter to nobody. A threshold of 0 leaves the decision to the p-value.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final, Self, get_args

from monitoring.errors import ConfigError
from monitoring.measures.false_discovery import Procedure

THRESHOLDS: Final[Mapping[str, float]] = {
    "ks": 0.05,
    "jensen_shannon": 0.1,
    "psi": 0.1,
    "wasserstein": 0.1,
    "classifier": 0.55,
}
"""The tests, and the effect each must reach where the file names none: the difference of
two shares, two distances, standard deviations of the baseline, and an AUC."""
CLASSIFIER: Final = "classifier"
"""The one test that looks at whole rows. Data quality's only, and needs a sample of them."""
FALSE_DISCOVERY_RATE: Final = 0.05
SAMPLE_ROWS: Final = 5_000
"""Rows of each side that the classifier sees at most."""
FEWEST_SAMPLE_ROWS: Final = 100
KEYS: Final = (
    "tests",
    "false_discovery_rate",
    "procedure",
    "columns",
    "labels",
    "predictions",
    "sample_rows",
    "violation",
)


@dataclass(frozen=True, slots=True)
class DriftTests:
    """What is tested, and what is made of it."""

    thresholds: Mapping[str, float]
    """The tests to make, and the effect that each must reach."""
    false_discovery_rate: float = FALSE_DISCOVERY_RATE
    """Of all that is called drift in one execution, the share that may be chance."""
    procedure: Procedure = "benjamini-hochberg"
    columns: tuple[str, ...] = ()
    """Features to test; every column where empty."""
    labels: tuple[str, ...] = ()
    """Columns of data quality that hold a label: tested, and told apart in the report."""
    predictions: tuple[str, ...] = ()
    """Columns of data quality that hold the model's answer."""
    sample_rows: int = SAMPLE_ROWS
    violation: bool = False
    """Whether drift is a violation: counted, named in the outcome, exit code 3."""

    @classmethod
    def of(cls, document: Any, where: str = "additional_tests.json") -> Self:
        """The tests a document asks for. Raises ConfigError listing all problems.

        >>> asked = DriftTests.of({"tests": {"ks": {}, "psi": {"threshold": 0.25}}})
        >>> asked.thresholds["psi"], asked.false_discovery_rate, asked.violation
        (0.25, 0.05, False)
        >>> DriftTests.of({"tests": {"kss": {}}})
        Traceback (most recent call last):
        monitoring.errors.ConfigError: additional_tests.json: tests has no 'kss'; did you mean \
'ks'? What is to be tested cannot be told; correct the file.
        """
        reader = _Reader()
        given = reader.object(document, "the file", KEYS)
        made = cls(
            thresholds=reader.thresholds(given.get("tests")),
            false_discovery_rate=reader.rate(given),
            procedure=reader.procedure(given.get("procedure")),
            columns=reader.names(given, "columns"),
            labels=reader.names(given, "labels"),
            predictions=reader.names(given, "predictions"),
            sample_rows=reader.sample_rows(given.get("sample_rows", SAMPLE_ROWS)),
            violation=reader.switch(given, "violation"),
        )
        for name in sorted(set(made.labels) & set(made.predictions)):
            reader.problems.append(f"{name[:80]!r} is both a label and a prediction")
        if reader.problems:
            raise ConfigError(
                f"{where}: {'; '.join(reader.problems)}{_stop(reader.problems[-1])} What is to be "
                "tested cannot be told; correct the file."
            )
        return made

    def role_of(self, column: str) -> str:
        """What a column of data quality holds.

        >>> DriftTests({"ks": 0.0}, predictions=("score",)).role_of("score")
        'prediction'
        """
        if column in self.labels:
            return "label"
        return "prediction" if column in self.predictions else "feature"

    def includes(self, column: str) -> bool:
        """Whether a column of data quality is tested."""
        return not self.columns or column in (*self.columns, *self.labels, *self.predictions)


class _Reader:
    """Reads one key at a time and remembers what is wrong."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def object(self, value: Any, name: str, known: tuple[str, ...]) -> Mapping[str, Any]:
        """An object that has known keys only."""
        if not isinstance(value, Mapping):
            found = "missing" if value is None else f"a {type(value).__name__}"
            self.problems.append(f"{name} must be an object, but is {found}")
            return {}
        for key in value:
            if key not in known:
                close = get_close_matches(str(key), known, n=1, cutoff=0.5)
                hint = f"did you mean {close[0]!r}?" if close else f"it may have {', '.join(known)}"
                self.problems.append(f"{name} has no {str(key)[:80]!r}; {hint}")
        return value

    def thresholds(self, value: Any) -> dict[str, float]:
        tests = self.object(value, "tests", tuple(THRESHOLDS))
        if isinstance(value, Mapping) and not value:
            self.problems.append(f"tests names none of {', '.join(THRESHOLDS)}")
        found = {}
        for name, least in THRESHOLDS.items():
            if name not in tests:
                continue
            given = self.object(tests[name], f"tests.{name}", ("threshold",))
            threshold = given.get("threshold", least)
            if not _is_number(threshold) or threshold < 0:
                self.problems.append(f"tests.{name}.threshold must be a number from 0")
                continue
            found[name] = float(threshold)
        return found

    def rate(self, given: Mapping[str, Any]) -> float:
        value = given.get("false_discovery_rate", FALSE_DISCOVERY_RATE)
        if not _is_number(value) or not 0.0 < value < 1.0:
            self.problems.append("false_discovery_rate must be a number between 0 and 1")
            return FALSE_DISCOVERY_RATE
        return float(value)

    def procedure(self, value: Any) -> Procedure:
        known: tuple[Procedure, ...] = get_args(Procedure)
        for procedure in known:
            if value == procedure:
                return procedure
        if value is not None:
            self.problems.append(f"procedure is one of {', '.join(known)}")
        return known[0]

    def names(self, given: Mapping[str, Any], key: str) -> tuple[str, ...]:
        value = given.get(key, [])
        if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
            self.problems.append(f"{key} must be a list of column names")
            return ()
        return tuple(dict.fromkeys(value))

    def sample_rows(self, value: Any) -> int:
        whole = isinstance(value, int) and not isinstance(value, bool)
        if whole and FEWEST_SAMPLE_ROWS <= value <= SAMPLE_ROWS:
            return int(value)
        self.problems.append(
            f"sample_rows must be a whole number from {FEWEST_SAMPLE_ROWS} to {SAMPLE_ROWS}"
        )
        return SAMPLE_ROWS

    def switch(self, given: Mapping[str, Any], key: str) -> bool:
        value = given.get(key, False)
        if not isinstance(value, bool):
            self.problems.append(f"{key} must be true or false")
        return value is True


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _stop(text: str) -> str:
    return "" if text.endswith("?") else "."
