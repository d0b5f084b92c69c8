"""`POST /predict`: one row by name in, the answer and its reasons out.

Needs     a loaded model
Writes    probability, decision, threshold, reasons, model, inference id, as JSON

The inference id is the request's `X-Amzn-SageMaker-Inference-Id`, or one made here. It comes
back in the body and under the same header: a label sent to `/feedback` later names it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from flask import Blueprint, Response
from pydantic import BaseModel, ConfigDict, Field

from monitoring.measures.outcome import Uncomputable
from serving.bodies import NamedRow
from serving.captured import Payload
from serving.exchange import INFERENCE_ID, body, inference_id, note
from serving.model import Predictor
from serving.negotiation import media_type
from serving.payloads import CSV, JSON, RequestError, csv_line
from serving.problems import problem_of
from serving.reasons import MOST, Reason, Reasons
from serving.schema import Row
from serving.trees import Scale


class Prediction(BaseModel):
    """What the model says of one row."""

    # pydantic keeps names that begin with model_ for itself unless told.
    model_config = ConfigDict(protected_namespaces=())

    inference_id: str = Field(description="The caller's, or one made for this answer.")
    model_name: str
    model_version: str
    label: str = Field(description="The column that is predicted.")
    probability: float = Field(ge=0, le=1, description="Of the positive class.")
    threshold: float = Field(description="The probability from which on the decision is 1.")
    decision: int = Field(ge=0, le=1, description="The prediction of /invocations.")
    reason_scale: Scale | None = Field(description="In what the contributions are counted.")
    reasons: list[Reason] | None = Field(
        max_length=MOST, description="What moved this answer most, the largest first."
    )
    reasons_unavailable: str | None = Field(None, description="Why `reasons` is null.")


@dataclass(frozen=True, slots=True)
class Scoring:
    """A model that is asked by name, one row at a time. Safe to share between threads."""

    predictor: Predictor
    named: NamedRow
    reasons: Reasons | Uncomputable

    @classmethod
    def of(cls, predictor: Predictor) -> Self:
        """What `/predict` and the form page ask."""
        named = NamedRow.of(predictor.schema, predictor.nullable)
        return cls(predictor, named, Reasons.of(predictor))

    def prediction(self, row: Row, inference_id: str) -> Prediction:
        """The answer for a row that has been checked."""
        predictor, reasons = self.predictor, self.reasons
        answer = predictor.predict([row])[0]
        none = reasons if isinstance(reasons, Uncomputable) else None
        found = reasons if isinstance(reasons, Reasons) else None
        return Prediction(
            inference_id=inference_id,
            model_name=predictor.name,
            model_version=predictor.version,
            label=predictor.label,
            probability=answer.probability,
            threshold=predictor.threshold,
            decision=answer.prediction,
            reason_scale=found.scale if found else None,
            reasons=found.of_row(row) if found else None,
            reasons_unavailable=none.reason if none else None,
        )


def blueprint(scoring: Scoring) -> Blueprint:
    """The route `/predict`."""
    routes = Blueprint("predict", __name__)
    routes.register_error_handler(RequestError, problem_of)

    @routes.post("/predict")
    def predict() -> Response:
        if media_type() != JSON:
            raise RequestError(f"the content type is not {JSON}", 415)
        row = scoring.named.row(scoring.named.document(body()))
        found = scoring.prediction(row, inference_id())
        _note(row, (str(found.decision), repr(found.probability)))
        headers = {INFERENCE_ID: found.inference_id}
        return Response(found.model_dump_json() + "\n", 200, headers, content_type=JSON)

    return routes


def _note(row: Row, answer: Sequence[str]) -> None:
    """For data capture: the row and the answer as `/invocations` has them in CSV."""
    sent, answered = csv_line(row).encode(), csv_line(answer).encode()
    note(1, Payload(sent, CSV), Payload(answered, CSV))
