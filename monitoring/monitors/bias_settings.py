"""What a bias analysis is asked: Clarify's analysis_config.json, read once and whole.

Needs     the file's JSON, and the threshold that EndpointInput gives in its place
Gives     BiasSettings, or one ConfigError that lists every problem of the file

A label or facet is named by column or by its place in `headers`. Places count the label
too, wherever it stands. Which label is good is not guessed: naming 1 where 0 is the good
outcome turns every sign around, and no number looks wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Self

from monitoring.errors import ConfigError
from monitoring.measures.fairness import FLIP_TEST, POST_TRAINING, PRE_TRAINING
from monitoring.measures.labels import INTEGER, NUMBER

PROBABILITY_THRESHOLD = 0.5
"""AWS's default; a probability above it, not at it, is a positive prediction."""
SMALLEST_GROUP = 10
"""Rows below which a group's metrics are withheld: its members could be recognised."""

PRE_NAMES = tuple(metric.name for metric in PRE_TRAINING)
POST_NAMES = tuple(sorted((*(metric.name for metric in POST_TRAINING), FLIP_TEST)))
STAGES = {"pre_training_bias": PRE_NAMES, "post_training_bias": POST_NAMES}
"""Keys of `methods`, and the metrics each can name."""

KNOWN_KEYS = (
    "version",
    "dataset_type",
    "headers",
    "label",
    "features",
    "predicted_label",
    "probability_threshold",
    "label_values_or_threshold",
    "facet",
    "group_variable",
    "excluded_columns",
    "joinsource_name_or_index",
    "methods",
    "predictor",
)
JSON_TYPES = ("application/json", "application/jsonlines")
"""Data sets whose `label` is a JMESPath and no header."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Which cells of a column are meant: listed values, or all above the one number.

    Which of the two, the data tell (see bias_columns.Scale); the file looks the same.

    >>> Rule("Age", ("40",)).threshold, Rule("Sex", ("f", "x")).threshold
    (40, None)
    """

    column: str
    values: tuple[str, ...] = ()
    """As the file has them; none of them: every value is compared with all others."""

    @property
    def threshold(self) -> int | float | None:
        """The number, when there is one value and it is one."""
        if len(self.values) != 1 or not NUMBER.fullmatch(self.values[0].strip()):
            return None
        text = self.values[0].strip()
        return int(text) if INTEGER.fullmatch(text) and len(text) < 19 else float(text)

    @property
    def text(self) -> str:
        """`value_or_threshold` of analysis.json, where the values are categories."""
        return ",".join(self.values)


@dataclass(frozen=True, slots=True)
class BiasSettings:
    """Whom to compare, and what counts as a good outcome."""

    label: Rule
    """The column of the label, and the values (or threshold) of a positive outcome."""
    facets: tuple[Rule, ...]
    group_variable: str | None = None
    predicted_label: str | None = None
    """Column of a table that holds the predicted label."""
    probability_threshold: float = PROBABILITY_THRESHOLD
    headers: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    """Columns that are no features."""
    pre_training: tuple[str, ...] = PRE_NAMES
    post_training: tuple[str, ...] = POST_NAMES
    smallest_group: int = SMALLEST_GROUP
    seed: int = 0
    """Of the resamples by which `corrected` tells drift from chance."""

    @property
    def features(self) -> tuple[str, ...]:
        """The headers of captured inputs: all but those of the label and its prediction."""
        answers = (self.label.column, self.predicted_label)
        return tuple(name for name in self.headers if name not in answers)

    @classmethod
    def of(
        cls,
        document: Any,
        where: str = "analysis_config.json",
        probability_threshold: float | None = None,
    ) -> Self:
        """Settings of an analysis_config.json, for a baseline or a monitoring run.

        `probability_threshold` (EndpointInput's ProbabilityThresholdAttribute) wins over
        the file's. Raises ConfigError listing all problems.

        >>> settings = BiasSettings.of({"headers": ["Target", "Sex"], "label": 0,
        ...     "label_values_or_threshold": [1], "facet": [{"name_or_index": "Sex"}]})
        >>> settings.label, settings.facets[0].column
        (Rule(column='Target', values=('1',)), 'Sex')
        """
        if not isinstance(document, Mapping):
            kind = type(document).__name__
            raise ConfigError(f"{where}: must be a JSON object, but is a {kind}.")
        reader = _Reader(document)
        chosen = reader.methods()
        threshold = reader.probability_threshold()
        settings = cls(
            label=Rule(reader.label(), reader.values(document, "label_values_or_threshold", True)),
            facets=reader.facets(),
            group_variable=reader.column("group_variable"),
            predicted_label=reader.column("predicted_label", is_path=reader.is_json),
            probability_threshold=(
                threshold if probability_threshold is None else probability_threshold
            ),
            headers=reader.headers,
            excluded=reader.excluded(),
            pre_training=chosen["pre_training_bias"],
            post_training=chosen["post_training_bias"],
        )
        problems = [*reader.problems, *reader.misspelt()]
        if problems:
            raise ConfigError(
                f"{where}: {'; '.join(problems)}. The bias monitor cannot tell whom to compare; "
                "correct the file."
            )
        return settings


class _Reader:
    """Reads one key at a time and remembers what is wrong."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self.problems: list[str] = []
        self.headers = self._texts("headers")
        self.is_json = document.get("dataset_type") in JSON_TYPES

    def label(self) -> str:
        if self.document.get("label") is None:
            self.problems.append("'label' is missing: the name or place of the label's column")
        return self.column("label", is_path=self.is_json) or ""

    def column(self, key: str, is_path: bool = False) -> str | None:
        """The column a key names, by name or place."""
        given = self.document.get(key)
        return None if given is None else self._column(given, f"'{key}'", is_path)

    def facets(self) -> tuple[Rule, ...]:
        listed = self.document.get("facet")
        if not isinstance(listed, Sequence) or isinstance(listed, str) or not listed:
            self.problems.append("'facet' must list one object or more, with 'name_or_index'")
            return ()
        rules = [rule for at, entry in enumerate(listed) if (rule := self._facet(entry, at))]
        names = [rule.column for rule in rules]
        self.problems += [
            f"facet {name!r} is listed twice; give its values in one entry"
            for name in sorted({name for name in names if names.count(name) > 1})
        ]
        return tuple(rules)

    def values(self, holder: Mapping[str, Any], key: str, required: bool) -> tuple[str, ...]:
        """Values as text; one value may stand without brackets."""
        given = holder.get(key)
        if given is None or given == []:
            if required:
                self.problems.append(f"'{key}' is missing: the values of a positive outcome")
            return ()
        values = given if isinstance(given, list) else [given]
        if any(value is None or isinstance(value, list | dict) for value in values):
            self.problems.append(f"'{key}' must hold numbers and texts only")
            return ()
        texts = (str(value).lower() if isinstance(value, bool) else str(value) for value in values)
        return tuple(dict.fromkeys(texts))

    def probability_threshold(self) -> float:
        given = self.document.get("probability_threshold", PROBABILITY_THRESHOLD)
        if isinstance(given, bool) or not isinstance(given, int | float) or not 0 <= given <= 1:
            self.problems.append("'probability_threshold' must be a number from 0 to 1")
            return PROBABILITY_THRESHOLD
        return float(given)

    def excluded(self) -> tuple[str, ...]:
        """Columns that are neither compared nor features."""
        given = self.document.get("excluded_columns") or []
        listed = given if isinstance(given, list) else [given]
        columns = [self._column(value, "'excluded_columns'", False) for value in listed]
        columns.append(self.column("joinsource_name_or_index") or "")
        return tuple(filter(None, columns))

    def methods(self) -> dict[str, tuple[str, ...]]:
        """The metrics asked for, by stage. A monitoring configuration names none: all."""
        given = self.document.get("methods")
        if given is None:
            return dict(STAGES)
        if not isinstance(given, Mapping) or not any(stage in given for stage in STAGES):
            self.problems.append(f"'methods' has neither {' nor '.join(STAGES)}: no bias is asked")
            return dict(STAGES)
        return {stage: self._chosen(given, stage) for stage in STAGES}

    def misspelt(self) -> Iterator[str]:
        """Keys that are almost known. Others are newer than this list, or another method's."""
        for key in self.document:
            close = get_close_matches(str(key), KNOWN_KEYS, n=1, cutoff=0.85)
            if close and key not in KNOWN_KEYS:
                yield f"{str(key)[:80]!r} is not known; did you mean '{close[0]}'"

    def _facet(self, entry: Any, at: int) -> Rule | None:
        given = entry.get("name_or_index") if isinstance(entry, Mapping) else None
        if given is None:
            self.problems.append(f"facet[{at}] has no 'name_or_index'")
            return None
        name = self._column(given, f"facet[{at}]", False)
        return Rule(name, self.values(entry, "value_or_threshold", False)) if name else None

    def _chosen(self, methods: Mapping[str, Any], stage: str) -> tuple[str, ...]:
        if stage not in methods:
            return ()
        block = methods[stage]
        wanted = block.get("methods", "all") if isinstance(block, Mapping) else None
        if wanted == "all":
            return STAGES[stage]
        if not isinstance(wanted, list) or not {*map(str, wanted)} <= {*STAGES[stage]}:
            self.problems.append(
                f"methods.{stage}.methods must be 'all' or a list of {', '.join(STAGES[stage])}"
            )
            return ()
        return tuple(name for name in STAGES[stage] if name in wanted)

    def _texts(self, key: str) -> tuple[str, ...]:
        given = self.document.get(key) or []
        if not isinstance(given, list) or not all(isinstance(value, str) for value in given):
            self.problems.append(f"'{key}' must be a list of column names")
            return ()
        return tuple(given)

    def _column(self, given: Any, what: str, is_path: bool) -> str | None:
        if isinstance(given, bool) or not isinstance(given, int | str) or given == "":
            self.problems.append(f"{what} must be a column's name or place")
            return None
        known = not self.headers or given in self.headers
        if isinstance(given, str) and (known or is_path):
            return given
        place = int(given) if isinstance(given, int) or given.isdecimal() else -1
        if not self.headers and place >= 0:
            return f"_c{place}"
        if 0 <= place < len(self.headers):
            return self.headers[place]
        self.problems.append(f"{what} names {str(given)[:80]!r}, which is not among the headers")
        return None
