"""What a monitor is told beside its data: its settings, and where each part of a row is.

Needs     the attributes of a job or a command line; for bias and explainability the
          analysis configuration; for explainability the model, as something to be asked
Gives     settings for the monitor's two verbs, and what it wants of each row

An attribute that is wrong is refused here, before an hour of traffic is read for nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from monitoring.capture import Attributes
from monitoring.datasets import Wanted
from monitoring.documents import read
from monitoring.errors import UsageError
from monitoring.kinds import BIAS, DATA_QUALITY, EXPLAINABILITY, MODEL_QUALITY, Kind
from monitoring.measures.attribution import Predict
from monitoring.monitors.answers import THRESHOLD, ModelQuality
from monitoring.monitors.bias_settings import BiasSettings
from monitoring.monitors.drift_test_settings import DriftTests
from monitoring.monitors.explainability_settings import ExplainabilityConfig, Row
from monitoring.monitors.quality_extras_settings import Extras
from monitoring.shap_baseline import baseline_rows

if TYPE_CHECKING:  # boto3 takes a quarter of a second to load, and a worker reaches no S3
    from monitoring.aws.storage import Fetch

Model = Callable[[ExplainabilityConfig], AbstractContextManager[Predict]]
"""Opens the model of an analysis configuration; whoever runs the monitor knows how."""


@dataclass(frozen=True, slots=True)
class Given:
    """What the user said, as text. Empty is: not said."""

    problem_type: str = ""
    inference_attribute: str = ""
    probability_attribute: str = ""
    ground_truth_attribute: str = ""
    features_attribute: str = ""
    probability_threshold_attribute: str = ""
    positive_label: str = ""
    negative_label: str = ""
    analysis_config: Path | None = None
    extras: Extras | None = None
    """Of model quality: what to measure beyond AWS."""
    drift_tests: DriftTests | None = None
    """What to test beyond AWS, of columns, labels and answers."""


@dataclass(frozen=True, slots=True)
class Instructions:
    """What one monitor works by."""

    settings: ModelQuality | BiasSettings | None = None
    """Of model quality and bias. Explainability's need its model: see `ready`."""
    wanted: Wanted | None = None
    """None where the monitor reads plain batches."""
    config: ExplainabilityConfig | None = None
    model: Model | None = None
    baseline_rows: Callable[[], tuple[Row, ...]] = tuple
    """Reads the rows of SHAP's baseline where the configuration only names them."""
    drift_tests: DriftTests | None = None

    @contextmanager
    def ready(self) -> Iterator[Any]:
        """The settings to work by. Inside the block the model can be asked."""
        if self.config is None or self.model is None:
            yield self.settings
            return
        rows = self.baseline_rows()
        with self.model(self.config) as predict:
            yield self.config.settings(predict, rows)


def instructions(
    kind: Kind,
    given: Given,
    *,
    is_table: bool,
    model: Model | None = None,
    fetch: Fetch | None = None,
) -> Instructions:
    """The instructions of one monitor; `fetch` gets what a configuration names in S3.

    Raises UsageError naming the attribute that is missing or wrong, and ConfigError listing
    every problem of the analysis configuration.
    """
    if given.extras is not None and kind != MODEL_QUALITY:
        raise UsageError(
            f"{kind.title}: additional_measures are of model quality, so nothing would be measured "
            "by them. Unset it."
        )
    if given.drift_tests is not None and kind == EXPLAINABILITY:
        raise UsageError(
            f"{kind.title}: additional_tests are of columns, labels and answers, which the other "
            "monitors compare. Unset it here."
        )
    made = _of_kind(kind, given, is_table, model, fetch)
    return replace(made, drift_tests=given.drift_tests)


def _of_kind(
    kind: Kind, given: Given, is_table: bool, model: Model | None, fetch: Fetch | None
) -> Instructions:
    if kind == DATA_QUALITY:
        return Instructions()
    if kind == MODEL_QUALITY:
        return _model_quality(given, is_table)
    if given.analysis_config is None:
        raise UsageError(
            f"{kind.title}: there is no analysis configuration (analysis_config.json), so it is "
            "not known what to compare. Give ConfigUri, or --config."
        )
    document = read(given.analysis_config)
    where = given.analysis_config.name
    if kind == BIAS:
        return _bias(document, where, given, is_table)
    if model is None:
        raise UsageError("explainability asks the model itself: give the model (--model).")
    config = ExplainabilityConfig.of(document, where)
    config = config.scored_by(given.probability_attribute or given.inference_attribute)
    features = given.features_attribute or (features_path(document) if is_table else "")
    attributes = Attributes(features=features, headers=config.features)
    wanted = Wanted(attributes, labels=False, features=True)
    rows = partial(baseline_rows, config, given.analysis_config.parent, fetch)
    return Instructions(wanted=wanted, config=config, model=model, baseline_rows=rows)


def _model_quality(given: Given, is_table: bool) -> Instructions:
    segments = given.extras.segments if given.extras else None
    attributes = Attributes(
        given.inference_attribute,
        given.probability_attribute,
        given.ground_truth_attribute,
        given.features_attribute,
        segments.headers if segments else (),
    )
    if not given.problem_type:
        raise UsageError("problem_type is missing; whether labels are classes is unknown.")
    bound = threshold(given.probability_threshold_attribute)
    settings = ModelQuality(
        given.problem_type,  # type: ignore[arg-type]
        threshold=THRESHOLD if bound is None else bound,
        positive_label=given.positive_label or "1",
        negative_label=given.negative_label,
        extras=given.extras,
    )
    binary = settings.problem_type == "BinaryClassification"
    if not given.inference_attribute and not (binary and given.probability_attribute):
        raise UsageError(
            "inference_attribute is missing: which part of the answer is the prediction? "
            "(A binary classification may give probability_attribute instead.)"
        )
    if is_table and not given.ground_truth_attribute:
        raise UsageError("ground_truth_attribute is missing: which column is the label?")
    return Instructions(settings, Wanted(attributes, features=segments is not None))


def _bias(document: Any, where: str, given: Given, is_table: bool) -> Instructions:
    settings = BiasSettings.of(document, where, threshold(given.probability_threshold_attribute))
    predicted = given.inference_attribute
    label = given.ground_truth_attribute
    if is_table:
        label = settings.label.column
        predicted = predicted or settings.predicted_label or ""
    elif not predicted and not given.probability_attribute:
        raise UsageError(
            "InferenceAttribute and ProbabilityAttribute are both missing: which part of the "
            "answer is the prediction?"
        )
    attributes = Attributes(
        predicted,
        given.probability_attribute,
        label,
        given.features_attribute or (features_path(document) if is_table else ""),
        settings.features,
        () if predicted else label_headers(document),
    )
    return Instructions(settings, Wanted(attributes, features=True, columns=settings.headers))


def features_path(document: Any) -> str:
    """`features` of an analysis configuration: a JMESPath, where the data are JSON.

    >>> features_path({"dataset_type": "application/jsonlines", "features": "features"})
    'features'
    """
    path = document.get("features") if isinstance(document, Mapping) else None
    return path if isinstance(path, str) else ""


def label_headers(document: Any) -> tuple[str, ...]:
    """`predictor.label_headers`, where there are several: the largest score names the label.

    >>> label_headers({"predictor": {"label_headers": ["cat", "dog"]}})
    ('cat', 'dog')
    >>> label_headers({"predictor": {"label_headers": ["Decision"]}})
    ()
    """
    predictor = document.get("predictor") if isinstance(document, Mapping) else None
    listed = predictor.get("label_headers") if isinstance(predictor, Mapping) else None
    texts = tuple(map(str, listed)) if isinstance(listed, list) else ()
    return texts if len(texts) > 1 else ()


def threshold(text: str) -> float | None:
    """`ProbabilityThresholdAttribute`, as AWS sends it; raises UsageError.

    >>> threshold("0.500000"), threshold("")
    (0.5, None)
    """
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0.0 <= value <= 1.0:
        raise UsageError(
            f"probability_threshold_attribute is {text[:40]!r}; it is a probability, from 0 to 1."
        )
    return value
