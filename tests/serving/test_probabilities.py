"""The saved model as explanations ask it."""

from __future__ import annotations

import numpy as np
import pytest

from serving.model import ModelError
from serving.probabilities import probabilities


def cells(rows) -> np.ndarray:
    return np.array([list(row) for row in rows], dtype=object)


def test_it_answers_what_the_endpoint_answers(built, predictor, traffic):
    asked = traffic[:50]
    found = probabilities(built / "model")(cells(asked))
    assert found[:, 0].tolist() == [answer.probability for answer in predictor.predict(asked)]


def test_columns_in_another_order_are_put_in_the_models(built, predictor, traffic):
    names, asked = predictor.schema.names, cells(traffic[:5])
    turned = probabilities(built / "model", [*names[::-1], "note"])
    wider = np.column_stack([asked[:, ::-1], np.full(5, "x", dtype=object)])
    np.testing.assert_array_equal(turned(wider), probabilities(built / "model")(asked))


def test_an_unreadable_row_is_not_a_number_and_the_others_are_answered(built, predictor, traffic):
    asked = cells(traffic[:6])
    asked[[1, 4], predictor.schema.numeric[0]] = "much"
    found = probabilities(built / "model")(asked)[:, 0]
    assert np.isnan(found).tolist() == [False, True, False, False, True, False]


def test_rows_that_cannot_be_the_models_are_refused(built, predictor, traffic):
    with pytest.raises(ModelError, match="do not have"):
        probabilities(built / "model", ["a", "b"])
    with pytest.raises(ModelError, match="2 columns in the place of 11"):
        probabilities(built / "model")(cells([row[:2] for row in traffic[:3]]))
