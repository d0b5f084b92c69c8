"""The model in a directory as explanations ask it: rows in, probabilities out, no endpoint.

Needs     a model directory (serving/model.py), and the order of the columns of the rows
Gives     a callable, for the explainability monitor and its baseline

A row with an unreadable number gets NaN, not an exception: one such row must not end an
explanation of a thousand others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from serving.encoder import NotANumber
from serving.model import ModelError, Predictor

Cells = npt.NDArray[np.object_]
"""(rows, columns): text, None where empty."""
Probabilities = npt.NDArray[np.float64]
"""(rows, 1): of the positive class."""


def probabilities(model_dir: Path, columns: Sequence[str] = ()) -> Callable[[Cells], Probabilities]:
    """The model in `model_dir`; `columns` names the rows' columns where they are in another order.

    Raises ModelError when it cannot be loaded, or a column of its schema is not there.
    """
    predictor = Predictor.load(model_dir)
    names = predictor.schema.names
    missing = [name for name in names if columns and name not in columns]
    if missing:
        raise ModelError(
            f"{model_dir}: the model reads columns that the rows do not have: "
            f"{', '.join(missing[:10])}. Correct the headers of the analysis configuration"
        )
    places = [list(columns).index(name) for name in names] if columns else list(range(len(names)))

    def predict(rows: Cells) -> Probabilities:
        if rows.shape[1] != (len(columns) or len(names)):
            raise ModelError(
                f"{model_dir}: the model reads {len(names)} columns, but the rows have "
                f"{rows.shape[1]}. Name them in the headers of the analysis configuration"
            )
        found = np.full((len(rows), 1), np.nan)
        asked, ordered = np.arange(len(rows)), rows[:, places]
        while asked.size:
            try:
                answers = predictor.predict(ordered[asked])
            except NotANumber as error:
                asked = np.delete(asked, error.row)
            else:
                found[asked, 0] = [answer.probability for answer in answers]
                break
        return found

    return predict
