"""The worked examples, one file each, in one tuple.

A further model is one file with a `MODEL` and a line here.
"""

from __future__ import annotations

from monitoring.errors import UsageError
from pipelines.models import fraud, loan_default
from pipelines.models.base import Model

MODELS: tuple[Model, ...] = (fraud.MODEL, loan_default.MODEL)


def model_for(name: str) -> Model:
    """The worked example called `name`; UsageError lists those there are.

    >>> model_for("fraud").label
    'is_fraud'
    """
    for model in MODELS:
        if model.name == name:
            return model
    known = ", ".join(model.name for model in MODELS)
    raise UsageError(f"{name!r} is no model of this build; choose one of: {known}")
