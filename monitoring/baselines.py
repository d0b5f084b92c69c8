"""Baselines: what a model package carries, turned into the files each monitor reads.

Needs     `DriftCheckBaselines` and `ModelMetrics` of a package, as DescribeModelPackage has them
Writes    the contents of two derived files (bias constraints merged, explainability configuration
          with the stage's model named), each under a key made of its own content

The one thing a reader gets wrong: Clarify writes pre- and post-training bias as two files, but a
monitor takes one. They are merged here, not chosen between.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from monitoring.errors import DocumentError
from monitoring.kinds import BIAS, DATA_QUALITY, EXPLAINABILITY, MODEL_QUALITY, Kind

Baselines = Mapping[str, Mapping[str, Mapping[str, str]]]
"""DriftCheckBaselines: monitor → member → {"S3Uri", "ContentType"?, "ContentDigest"?}."""

MEMBERS: Mapping[str, Mapping[str, str | None]] = {
    DATA_QUALITY.drift_check: {"Constraints": "Constraints", "Statistics": "Statistics"},
    MODEL_QUALITY.drift_check: {"Constraints": "Constraints", "Statistics": "Statistics"},
    BIAS.drift_check: {
        "ConfigFile": None,
        "PreTrainingConstraints": "PreTrainingReport",
        "PostTrainingConstraints": "PostTrainingReport",
    },
    EXPLAINABILITY.drift_check: {"ConfigFile": None, "Constraints": "Report"},
}
"""Members of DriftCheckBaselines, and the member of ModelMetrics that can stand in for each."""

BIAS_CONSTRAINTS = ("PreTrainingConstraints", "PostTrainingConstraints")
BIAS_SECTIONS = ("pre_training_bias_metrics", "post_training_bias_metrics")


@dataclass(frozen=True, slots=True)
class Need:
    """A template parameter that an enabled monitor cannot do without, and what supplies it."""

    parameter: str
    monitor: str
    members: tuple[str, ...]
    """Any one of them is enough."""
    derived: str = ""
    """Name of the file made from them; empty where the monitor reads the member as it is."""

    def found_in(self, baselines: Baselines) -> list[Mapping[str, str]]:
        """The members that the package has, in order."""
        held = baselines.get(self.monitor, {})
        return [held[member] for member in self.members if member in held]

    def __str__(self) -> str:
        return f"{self.monitor}.{' or '.join(self.members)} (for {self.parameter})"


def needs(kind: Kind) -> tuple[Need, ...]:
    """What a monitor needs of the package it watches.

    >>> [str(need) for need in needs(EXPLAINABILITY)]  # doctest: +NORMALIZE_WHITESPACE
    ['Explainability.Constraints (for ModelExplainabilityConstraintsS3Uri)',
     'Explainability.ConfigFile (for ModelExplainabilityConfigS3Uri)']
    """
    monitor = kind.drift_check
    if kind is BIAS:
        constraints = Need(
            f"{kind.name}ConstraintsS3Uri", monitor, BIAS_CONSTRAINTS, derived="constraints.json"
        )
    else:
        constraints = Need(f"{kind.name}ConstraintsS3Uri", monitor, ("Constraints",))
    if kind is DATA_QUALITY:
        return constraints, Need(f"{kind.name}StatisticsS3Uri", monitor, ("Statistics",))
    if kind.has_config_file:
        derived = "analysis_config.json" if kind is EXPLAINABILITY else ""
        return constraints, Need(
            f"{kind.name}ConfigS3Uri", monitor, ("ConfigFile",), derived=derived
        )
    return (constraints,)


def complete(
    drift_check: Mapping[str, Any], metrics: Mapping[str, Any]
) -> tuple[Baselines, Mapping[str, str]]:
    """DriftCheckBaselines with its gaps filled from ModelMetrics, and from where each was filled.

    ModelMetrics may hold one combined bias report instead of two; it then stands for both.

    >>> report = {"S3Uri": "s3://b/analysis.json", "ContentType": "application/json"}
    >>> complete({}, {"Explainability": {"Report": report}})[1]
    {'Explainability.Constraints': 'ModelMetrics.Explainability.Report'}
    """
    found: dict[str, dict[str, Mapping[str, str]]] = {}
    filled_from: dict[str, str] = {}
    for monitor, members in MEMBERS.items():
        held = dict(drift_check.get(monitor) or {})
        spare = metrics.get(monitor) or {}
        combined = monitor == BIAS.drift_check and not any(
            member in held or members[member] in spare for member in BIAS_CONSTRAINTS
        )
        for member, usual in members.items():
            twin = "Report" if combined and member in BIAS_CONSTRAINTS else usual
            if member not in held and twin in spare:
                held[member] = spare[twin]
                filled_from[f"{monitor}.{member}"] = f"ModelMetrics.{monitor}.{twin}"
        if held:
            found[monitor] = held
    return found, filled_from


def merge_bias(documents: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """One bias constraints document out of Clarify's analyses, each given with where it is from.

    >>> pre = {"version": "1.0", "pre_training_bias_metrics": {"label": "fraud", "facets": {}}}
    >>> post = {"version": "1.0", "post_training_bias_metrics": {"label": "fraud", "facets": {}}}
    >>> list(merge_bias([("pre.json", pre), ("post.json", post)]))
    ['version', 'pre_training_bias_metrics', 'post_training_bias_metrics']

    Raises DocumentError when a document holds neither section, or two disagree about one.
    """
    merged: dict[str, Any] = {}
    for where, document in documents:
        analysis = _object(where, document)
        sections = [name for name in BIAS_SECTIONS if name in analysis]
        if not sections:
            raise DocumentError(
                f"{where}: holds neither {' nor '.join(BIAS_SECTIONS)}, so it is no bias "
                "analysis; register the analysis.json that Clarify wrote"
            )
        merged.setdefault("version", analysis.get("version", "1.0"))
        for name in sections:
            if merged.setdefault(name, analysis[name]) != analysis[name]:
                raise DocumentError(
                    f"{where}: its {name} differ from those of the other bias baseline; "
                    "register files of one and the same Clarify run"
                )
    return merged


def name_model(where: str, document: Any, model_name: str) -> dict[str, Any]:
    """An explainability configuration that asks `model_name`, whatever model it named before.

    Clarify asks either a model or an endpoint: an `endpoint_name` is dropped, or it would win.

    >>> name_model("c.json", {"predictor": {"model_name": "trained", "accept_type": "text/csv"}},
    ...            "fraud-prod-2580d28d671b")["predictor"]
    {'model_name': 'fraud-prod-2580d28d671b', 'accept_type': 'text/csv'}
    """
    config = _object(where, document)
    predictor = dict(_object(f"{where}: predictor", config.get("predictor", {})))
    predictor.pop("endpoint_name", None)
    return {**config, "predictor": {**predictor, "model_name": model_name}}


def _object(where: str, document: Any) -> dict[str, Any]:
    if not isinstance(document, dict):
        raise DocumentError(f"{where}: must be a JSON object, but is a {type(document).__name__}")
    return document


def derive(need: Need, documents: list[tuple[str, Any]], model_name: str) -> dict[str, Any]:
    """The document a monitor reads in place of the package's own."""
    if need.members == BIAS_CONSTRAINTS:
        return merge_bias(documents)
    return name_model(*documents[0], model_name)


@dataclass(frozen=True, slots=True)
class DerivedFile:
    """A file made from baselines, and the S3 key its own content gives it.

    The same content always has the same key, and a key never changes its content: nothing is
    overwritten, and what a running monitor reads stays as it was.
    """

    name: str
    content: bytes
    prefix: str
    """`s3://{bucket}/{project}/{stage}/baselines/{slug}`."""

    @property
    def uri(self) -> str:
        return f"{self.prefix}/{hashlib.sha256(self.content).hexdigest()}/{self.name}"


def to_bytes(document: Any) -> bytes:
    r"""JSON, the same bytes for the same document, keys in the order they came.

    >>> to_bytes({"version": "1.0"})
    b'{\n  "version": "1.0"\n}\n'
    """
    # Clarify itself writes a bare Infinity for an unbounded metric; its reader expects it so.
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()
