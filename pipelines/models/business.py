"""What the business says of a file's own model: the file cannot know it.

Needs     a JSON file with any of `SETTINGS`, written as in model.json
Gives     the model with them

A worked example says these in its own file under `pipelines/models/`. What is left out stays
as it is without a file: either error costs 1, nobody is compared, and no limit is set.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

from monitoring.errors import ConfigError
from pipelines.models.base import Costs, Limits, Model
from pipelines.spelling import no_setting

SECTIONS = {"costs": Costs, "limits": Limits}
SETTINGS = (*SECTIONS, "capacity", "facets", "favourable", "segments")


def stated(model: Model, path: Path) -> Model:
    """The model with what a JSON file says of it; raises ConfigError.

    The schema must have the columns of facets and segments.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"{path}: cannot be read as JSON ({type(error).__name__}), so what a wrong decision "
            "costs is unknown; correct the file"
        ) from error
    problems = [*_unknown(document)]
    if not problems:
        try:
            return Model.from_json({**model.to_json(), **document})
        except KeyError as error:
            problems.append(f"a facet lacks its {error.args[0]}")
        except (TypeError, ValueError) as error:
            problems.append(str(error))
    raise ConfigError(f"{path}: {'; '.join(problems)}")


def _unknown(document: Any) -> Iterator[str]:
    """What is there and means nothing."""
    if not isinstance(document, dict):
        yield f"is no JSON object; it may have {', '.join(SETTINGS)}"
        return
    yield from (no_setting(name, SETTINGS) for name in document if name not in SETTINGS)
    for name, kind in SECTIONS.items():
        known = [each.name for each in fields(kind)]
        section = document.get(name, {})
        if isinstance(section, dict):
            yield from (f"{name}.{no_setting(each, known)}" for each in section.keys() - {*known})
        else:
            yield f"{name} is no object of {', '.join(known)}"
