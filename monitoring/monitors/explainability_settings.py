"""What an explanation is asked: `shap` and `predictor` of analysis_config.json, read whole.

Needs     the file's JSON; to become settings, the model as something that can be called
Gives     ExplainabilityConfig, or one ConfigError that lists every problem of the file

`headers` names the features alone where a schedule reads the file, and the label too where
a baseline job does: the label, and what else is no feature, is taken out by name or place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Self, TypeAlias

from monitoring.errors import ConfigError, UsageError
from monitoring.measures.attribution import AGGREGATION_METHODS, AggregationMethod, Predict

Cell: TypeAlias = str | None
Row: TypeAlias = tuple[Cell, ...]

MOST_SAMPLES: Final = 1_000_000
MOST_BASELINE_ROWS: Final = 1_000
REFUSED_SHARE: Final = 0.01
"""Of the rows that a model may refuse; with more, the rest may not be what was asked."""

CSV, JSON, JSON_LINES = "text/csv", "application/json", "application/jsonlines"
PARQUET: Final = "application/x-parquet"
MEDIA_TYPES: Final = (CSV, JSON, JSON_LINES)
RECORDS, FEATURES = "$records", "$features"
"""Places in Clarify's content_template and record_template."""
TEMPLATES: Final = {
    JSON: {"content_template": RECORDS, "record_template": FEATURES},
    JSON_LINES: {"content_template": FEATURES},
}
"""What each template must hold; without it every request would be the same."""
ENDPOINT_PREFIX: Final = re.compile(r"(?=.{1,30}\Z)[A-Za-z0-9]+(-[A-Za-z0-9]+)*")
"""What leaves room for the rest of an endpoint's name, of 63 characters at most."""
REFUSED: Final = {
    "text_config": "explains words or sentences of a text column; here a column is one feature",
    "image_config": "explains parts of images, and the monitors read tables",
}
"""Keys of `shap` that change what is explained: ignoring them would answer something else."""


@dataclass(frozen=True, slots=True)
class Predictor:
    """`predictor`: where the model answers, and which part of its answer is the score."""

    model_name: str = ""
    """A model of SageMaker's, behind an endpoint that lives as long as the job."""
    endpoint_name: str = ""
    """An endpoint that is there already. If it captures, it captures these requests too."""
    instance_type: str = ""
    initial_instance_count: int = 1
    endpoint_name_prefix: str = ""
    """Of the model's own endpoint; Clarify's where empty."""
    content_type: str = CSV
    accept_type: str = ""
    """The answer's media type; the request's where empty."""
    content_template: str = ""
    record_template: str = ""
    target_model: str = ""
    custom_attributes: str = ""
    output: str = ""
    """Position (CSV) or JMESPath (JSON) of the score in an answer: `probability`, else `label`.
    All of a CSV answer's columns are scores where neither is given."""


@dataclass(frozen=True, slots=True)
class Computed:
    """Baseline rows that were computed, as nobody gave any."""

    features: tuple[str, ...]
    rows: tuple[Row, ...]
    of_these_data: bool = False
    """From the data that are explained, not from those the baseline was suggested from."""


@dataclass(frozen=True, slots=True)
class ExplainabilitySettings:
    """A model that can be asked, and how to ask it."""

    predict: Predict
    baseline: tuple[Row, ...]
    """Rows of text in the order of the features: what an absent feature is replaced by."""
    num_samples: int
    features: tuple[str, ...] = ()
    """Names in the model's order; the data's own names where empty."""
    explained: tuple[str, ...] = ()
    """The features whose values are wanted, by name or place; all where empty."""
    agg_method: AggregationMethod = "mean_abs"
    use_logit: bool = False
    seed: int = 0
    label_headers: tuple[str, ...] = ()
    exact: bool = False
    """Do not sample: the model must know its own values (a forest does)."""
    refused_share: float = REFUSED_SHARE
    saves_local_values: bool = False
    """Whether each row's own values are written too, to explanations_shap/out.csv."""
    computed: Computed | None = None
    """Where the baseline rows were not given."""


@dataclass(frozen=True, slots=True)
class ExplainabilityConfig:
    """An analysis_config.json that asks for SHAP values."""

    features: tuple[str, ...] = ()
    baseline: tuple[Row, ...] = ()
    baseline_uri: str = ""
    """Where the baseline rows lie, if not in the file itself."""
    num_clusters: int | None = None
    """How many baseline rows are computed where none are given; None lets the data say."""
    computes_baseline: bool = False
    """Whether the file leaves the baseline rows to be computed."""
    computed: Computed | None = None
    """They, once they are there."""
    dataset_type: str = CSV
    """How these rows are written there."""
    features_path: str = ""
    """A JMESPath to the features in JSON data."""
    explained: tuple[str, ...] = ()
    num_samples: int | None = None
    agg_method: AggregationMethod = "mean_abs"
    use_logit: bool = False
    save_local_shap_values: bool = False
    exact: bool = False
    """Ours: exact values of a tree ensemble in the place of sampled ones."""
    seed: int = 0
    label_headers: tuple[str, ...] = ()
    predictor: Predictor = field(default_factory=Predictor)

    @classmethod
    def of(cls, document: Any, where: str = "analysis_config.json") -> Self:
        """The configuration in a document. Raises ConfigError listing all problems.

        >>> config = ExplainabilityConfig.of({"headers": ["Target", "Age"], "label": "Target",
        ...     "methods": {"shap": {"baseline": [[38]], "num_samples": 10}}})
        >>> config.features, config.baseline, config.agg_method
        (('Age',), (('38',),), 'mean_abs')
        """
        reader = _Reader()
        document = reader.object(document, "the file")
        shap = reader.object(reader.object(document.get("methods"), "methods").get("shap"), "shap")
        reader.problems += [
            f"shap.{key} {why}; take it out"
            for key, why in REFUSED.items()
            if shap.get(key) is not None
        ]
        features = reader.features(document)
        predictor = document.get("predictor")
        given = reader.object({} if predictor is None else predictor, "predictor")
        config = cls(
            features=features,
            baseline=reader.baseline(shap.get("baseline"), len(features)),
            baseline_uri=shap["baseline"] if isinstance(shap.get("baseline"), str) else "",
            num_clusters=reader.integer(shap, "shap", "num_clusters", 1, MOST_BASELINE_ROWS),
            computes_baseline=shap.get("baseline") is None,
            dataset_type=reader.dataset_type(document.get("dataset_type")),
            features_path=path if isinstance(path := document.get("features"), str) else "",
            explained=reader.explained(shap.get("features_to_explain"), document),
            num_samples=reader.integer(shap, "shap", "num_samples", 2, MOST_SAMPLES),
            agg_method=reader.method(shap.get("agg_method")),
            use_logit=reader.switch(shap, "use_logit"),
            save_local_shap_values=reader.switch(shap, "save_local_shap_values"),
            exact=reader.switch(shap, "exact"),
            seed=reader.integer(shap, "shap", "seed", 0, 2**32 - 1) or 0,
            label_headers=reader.names(given.get("label_headers"), "predictor.label_headers"),
            predictor=reader.predictor(given),
        )
        if config.num_clusters and not config.computes_baseline:
            reader.problems.append("shap has both baseline and num_clusters; give one")
        if reader.problems:
            raise ConfigError(
                f"{where}: {'; '.join(reader.problems)}. What is to be explained cannot be told; "
                "correct the file."
            )
        return config

    def scored_by(self, attribute: str) -> Self:
        """With an attribute of EndpointInput for the score, where the file names none.

        >>> ExplainabilityConfig().scored_by("1").predictor.output
        '1'
        """
        output = self.predictor.output or attribute
        return replace(self, predictor=replace(self.predictor, output=output))

    def settings(
        self, predict: Predict, baseline: Sequence[Sequence[Cell]] = ()
    ) -> ExplainabilitySettings:
        """Settings for a model; `baseline` holds the rows where the file only names them.

        Raises UsageError when there are no baseline rows.
        """
        rows = self.baseline or tuple(tuple(row) for row in baseline)
        if not rows:
            raise UsageError(
                "methods.shap.baseline: there are no baseline rows, so an absent feature has no "
                "value. Give one row of typical values (the mean or most frequent), or several."
            )
        if len(rows) > MOST_BASELINE_ROWS:
            raise UsageError(
                f"methods.shap.baseline: {len(rows)} rows are more than {MOST_BASELINE_ROWS}, and "
                "each multiplies the questions to the model. Give a sample of them."
            )
        return ExplainabilitySettings(
            predict=predict,
            baseline=rows,
            num_samples=self.num_samples or 2 * len(rows[0]) + 2048,
            features=self.features,
            explained=self.explained,
            agg_method=self.agg_method,
            use_logit=self.use_logit,
            seed=self.seed,
            label_headers=self.label_headers,
            exact=self.exact,
            saves_local_values=self.save_local_shap_values,
            computed=self.computed,
        )


class _Reader:
    """Reads one key at a time and remembers what is wrong."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def object(self, value: Any, name: str) -> Mapping[str, Any]:
        if isinstance(value, Mapping):
            return value
        found = "missing" if value is None else f"a {type(value).__name__}"
        self.problems.append(f"{name} must be an object, but is {found}")
        return {}

    def names(self, value: Any, name: str) -> tuple[str, ...]:
        """Distinct texts."""
        listed = [] if value is None else value
        if not isinstance(listed, list) or not all(isinstance(item, str) for item in listed):
            self.problems.append(f"{name} must be a list of texts")
            return ()
        if len(set(listed)) < len(listed):
            self.problems.append(f"{name} has a name twice")
        return tuple(listed)

    def features(self, document: Mapping[str, Any]) -> tuple[str, ...]:
        """`headers`, less what is no feature."""
        headers = self.names(document.get("headers"), "headers")
        excluded = document.get("excluded_columns")
        others = [
            document.get(key) for key in ("label", "predicted_label", "joinsource_name_or_index")
        ]
        others += excluded if isinstance(excluded, list) else [excluded]
        no_features = {self._header(other, headers) for other in others}
        return tuple(name for name in headers if name not in no_features)

    @staticmethod
    def _header(value: Any, headers: Sequence[str]) -> str | None:
        """A column by its name or place; None for a JMESPath, which names no header."""
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < len(headers):
            return headers[value]
        return value if isinstance(value, str) else None

    def baseline(self, value: Any, width: int) -> tuple[Row, ...]:
        if value is None or isinstance(value, str):
            return ()
        if not isinstance(value, list) or not all(isinstance(row, list) for row in value):
            self.problems.append("shap.baseline must be a list of rows, each a list, or a URI")
            return ()
        widths = {len(row) for row in value}
        if len(widths) > 1 or (width and widths - {width}):
            found = ", ".join(map(str, sorted(widths)))
            expected = f"there are {width} features" if width else "rows must be equally long"
            self.problems.append(f"shap.baseline has rows of {found} values, but {expected}")
        if any(isinstance(item, list | dict) for row in value for item in row):
            self.problems.append("shap.baseline holds a list or an object in the place of a value")
        return tuple(tuple(text(item) for item in row) for row in value)

    def explained(self, value: Any, document: Mapping[str, Any]) -> tuple[str, ...]:
        """`features_to_explain`: names, or places among the headers."""
        listed = [] if value is None else value
        if not isinstance(listed, list) or any(
            isinstance(item, bool) or not isinstance(item, str | int) for item in listed
        ):
            self.problems.append("shap.features_to_explain must be a list of names or places")
            return ()
        headers = document.get("headers") or []
        named = [item if isinstance(item, str) else self._header(item, headers) for item in listed]
        unknown = [item for item, name in zip(listed, named, strict=True) if name not in headers]
        if headers and unknown:
            shown = ", ".join(repr(item)[:80] for item in unknown[:10])
            self.problems.append(f"shap.features_to_explain names {shown}, and headers does not")
            return ()
        return tuple(str(name) for name in (named if headers else listed))

    def dataset_type(self, value: Any) -> str:
        known = (*MEDIA_TYPES, PARQUET)
        if value is None or value in known:
            return value or CSV
        self.problems.append(f"dataset_type is one of {', '.join(known)}")
        return CSV

    def integer(
        self, given: Mapping[str, Any], where: str, key: str, least: int, most: int
    ) -> int | None:
        value = given.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            self.problems.append(f"{where}.{key} must be a whole number from {least} to {most}")
            return None
        return value

    def switch(self, shap: Mapping[str, Any], key: str) -> bool:
        value = shap.get(key)
        if not isinstance(value, bool | None):
            self.problems.append(f"shap.{key} must be true or false")
        return value is True

    def method(self, value: Any) -> AggregationMethod:
        for method in AGGREGATION_METHODS:
            if value == method:
                return method
        if value is not None:
            self.problems.append(f"shap.agg_method is one of {', '.join(AGGREGATION_METHODS)}")
        return "mean_abs"

    def predictor(self, given: Mapping[str, Any]) -> Predictor:
        texts = {}
        for name in (
            *("model_name", "endpoint_name", "instance_type", "content_template"),
            *("record_template", "target_model", "custom_attributes", "endpoint_name_prefix"),
        ):
            value = given.get(name)
            if not isinstance(value, str | None):
                self.problems.append(f"predictor.{name} must be text")
            texts[name] = value if isinstance(value, str) else ""
        prefix = texts["endpoint_name_prefix"]
        if prefix and not ENDPOINT_PREFIX.fullmatch(prefix):
            self.problems.append(
                "predictor.endpoint_name_prefix takes 1 to 30 letters, digits and single hyphens"
            )
        if texts["model_name"] and texts["endpoint_name"]:
            self.problems.append("predictor has both model_name and endpoint_name; give one")
        if texts["model_name"] and not texts["instance_type"]:
            self.problems.append("predictor.instance_type is missing; model_name needs one")
        count = self.integer(given, "predictor", "initial_instance_count", 1, 1_000)
        content_type = self.media_type(given, "content_type") or CSV
        for key, place in TEMPLATES.get(content_type, {}).items():
            if texts[key] and place not in texts[key]:
                self.problems.append(f"predictor.{key} must have {place} where the data belong")
        return Predictor(
            **texts,
            initial_instance_count=count or 1,
            content_type=content_type,
            accept_type=self.media_type(given, "accept_type"),
            output=self.output(given),
        )

    def media_type(self, given: Mapping[str, Any], key: str) -> str:
        value = given.get(key)
        if value is None or value in MEDIA_TYPES:
            return value or ""
        self.problems.append(f"predictor.{key} is one of {', '.join(MEDIA_TYPES)}")
        return ""

    def output(self, given: Mapping[str, Any]) -> str:
        for key in ("probability", "label"):
            value = given.get(key)
            if isinstance(value, str | int) and not isinstance(value, bool):
                return str(value)
            if value is not None:
                self.problems.append(f"predictor.{key} must be a position or a JMESPath")
        return ""


def text(value: Any) -> Cell:
    """A JSON scalar as the cell that a request's CSV would hold.

    >>> [text(value) for value in (38, 0.5, "web", True, None, "")]
    ['38', '0.5', 'web', 'true', None, None]
    """
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
