"""The model card of a package: what the model is for, what it was made of, how good it is.

Needs     model.json, evaluation.json, and where the build came from
Gives     the content of `ModelCard` of a model package, as JSON text

A package's card has the sections of SageMaker's model card schema, but for `model_overview`,
which names its creator and its artefact only. Purposes and risks are people's to write: what
nobody has said is left out, not made up. The card is a draft until somebody approves it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

STATUS = "Draft"
Document = Mapping[str, Any]


def content(model: Document, evaluation: Document, artifact: str, origin: Mapping[str, str]) -> str:
    """The card as JSON text; `origin` is told as it is (commit, data hash, …).

    >>> card = content({"name": "fraud", "label": "is_fraud", "source": "made up",
    ...     "problem_type": "BinaryClassification", "schema": {}}, {}, "s3://b/model.tar.gz", {})
    >>> sorted(json.loads(card))  # doctest: +NORMALIZE_WHITESPACE
    ['additional_information', 'evaluation_details', 'intended_uses', 'model_overview',
     'training_details']
    """
    return json.dumps(
        {
            "model_overview": {"model_creator": "pipelines/", "model_artifact": [artifact]},
            "intended_uses": {
                "purpose_of_model": f"Gives the probability of {model['label']} "
                f"({model['problem_type']})."
            },
            "training_details": {"training_observations": f"Data: {model['source']}"},
            "evaluation_details": [_evaluation(evaluation)],
            "additional_information": {"custom_details": _details(model, evaluation, origin)},
        },
        ensure_ascii=False,
    )


def _evaluation(evaluation: Document) -> dict[str, Any]:
    """The numbers of evaluation.json; what could not be computed is not among them."""
    block = evaluation.get("binary_classification_metrics", {})
    return {
        "name": "test rows",
        "metric_groups": [
            {"name": "binary_classification_metrics", "metric_data": list(_numbers(block))}
        ],
    }


def _numbers(block: Document) -> Iterator[dict[str, Any]]:
    for name, metric in block.items():
        value = metric.get("value") if isinstance(metric, Mapping) else None
        if isinstance(value, int | float):
            yield {"name": name, "type": "number", "value": value}


def _details(model: Document, evaluation: Document, origin: Mapping[str, str]) -> dict[str, str]:
    """Custom details are text: documents in them are JSON."""
    found = {**origin, "feature_schema": json.dumps(model["schema"])}
    for name in ("threshold", "costs", "capacity", "facets", "libraries"):
        if name in model:
            found[name] = json.dumps(model[name])
    if "gate" in evaluation:
        found["gate"] = json.dumps(evaluation["gate"])
    return found
