"""The model in a directory as explanations ask it: rows in, probabilities out, no endpoint.

Needs     a model directory (serving/model.py), and the order of the columns of the rows
Gives     a callable, for the explainability monitor and its baseline; where the model is
          made of trees, their exact values too

A row with an unreadable number gets NaN, not an exception: one such row must not end an
explanation of a thousand others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from monitoring.measures.attribution import Explainer
from serving.encoder import NotANumber
from serving.model import ModelError, Predictor
from serving.trees import TreeExplainer

Cells = npt.NDArray[np.object_]
"""(rows, columns): text, None where empty."""
Probabilities = npt.NDArray[np.float64]
"""(rows, 1): of the positive class."""


def probabilities(model_dir: Path, columns: Sequence[str] = ()) -> SavedModel:
    """The model in `model_dir`; `columns` names the rows' columns where they are in another order.

    Raises ModelError when it cannot be loaded, or a column of its schema is not there.
    """
    predictor = Predictor.load(model_dir)
    names = predictor.schema.names
    listed = list(columns or names)
    missing = [name for name in names if name not in listed]
    if missing:
        raise ModelError(
            f"{model_dir}: the model reads columns that the rows do not have: "
            f"{', '.join(missing[:10])}. Correct the headers of the analysis configuration"
        )
    return SavedModel(predictor, tuple(listed.index(name) for name in names), len(listed))


@dataclass(frozen=True, slots=True)
class SavedModel:
    """A loaded model, ready to be asked."""

    predictor: Predictor
    places: tuple[int, ...]
    """Where the rows have the columns of the model's schema."""
    width: int
    """Columns of a row."""

    def __call__(self, rows: Cells) -> Probabilities:
        """Answers; NaN where a row cannot be read. Raises ModelError for rows of another width."""
        if rows.shape[1] != self.width:
            raise ModelError(
                f"{self.predictor.name}: rows have {rows.shape[1]} columns in the place of "
                f"{self.width}. Name them in the headers of the analysis configuration"
            )
        found = np.full((len(rows), 1), np.nan)
        asked, ordered = np.arange(len(rows)), rows[:, self.places]
        while asked.size:
            try:
                answers = self.predictor.predict(ordered[asked])
            except NotANumber as error:
                asked = np.delete(asked, error.row)
            else:
                found[asked, 0] = [answer.probability for answer in answers]
                break
        return found

    def exact(self, baseline: Cells, use_logit: bool) -> Explainer | None:
        """Exact values, where the answer on this scale is a sum of trees; else None."""
        return TreeExplainer.of(
            self, self.predictor.pipeline, np.array(self.places), baseline, use_logit
        )
