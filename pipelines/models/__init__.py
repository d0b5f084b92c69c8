"""The worked examples, one file each: every module here that has a `MODEL`.

Needs     nothing
Gives     MODELS, by name in alphabetical order

A further model is one more file (CONTRIBUTING.md). Nothing else lists them.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module

from monitoring.errors import UsageError
from pipelines.models.base import Model


def _found() -> tuple[Model, ...]:
    modules = (import_module(f"{__name__}.{each.name}") for each in pkgutil.iter_modules(__path__))
    models = (getattr(module, "MODEL", None) for module in modules)
    return tuple(sorted((m for m in models if isinstance(m, Model)), key=lambda model: model.name))


MODELS: tuple[Model, ...] = _found()


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
