"""The explainability monitor over models small enough to know their values by heart."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from monitoring.documents import CONSTRAINTS, VIOLATIONS, publish, render
from monitoring.errors import CaptureError, DocumentError, NoDataError, UsageError
from monitoring.measures.attribution import Explained
from monitoring.monitors.base import Observations
from monitoring.monitors.explainability import ANALYSIS, analyze, suggest
from monitoring.monitors.explainability_settings import ExplainabilitySettings
from monitoring.monitors.explanation import attributions

FEATURES = ("income", "age", "purpose")
BASELINE = (("50", "40", "car"),)
SETTINGS_ROWS = 60


def scores(weights: Sequence[float]) -> Callable[[Any], np.ndarray]:
    """A linear model of two numbers and a word; it refuses what is no number."""

    def predict(rows: Any) -> np.ndarray:
        answers = np.full((len(rows), 1), np.nan)
        for at, (income, age, purpose) in enumerate(rows):
            try:
                numbers = float(income or 0), float(age or 0), float(purpose == "house")
            except ValueError:
                continue
            answers[at] = float(np.dot(weights, numbers))
        return answers

    return predict


WEIGHTS = (0.5, -0.1, 3.0)


def settings(weights: Sequence[float] = WEIGHTS, **changes: Any) -> ExplainabilitySettings:
    chosen = ExplainabilitySettings(scores(weights), BASELINE, num_samples=20, features=FEATURES)
    return replace(chosen, **changes)


def rows(count: int = SETTINGS_ROWS, seed: int = 1) -> list[tuple[str | None, ...]]:
    generator = np.random.default_rng(seed)
    return [
        (str(income), str(age), purpose)
        for income, age, purpose in zip(
            generator.integers(20, 90, count).tolist(),
            generator.integers(18, 80, count).tolist(),
            generator.choice(["car", "house"], count).tolist(),
            strict=True,
        )
    ]


def observed(
    cells: Sequence[Sequence[str | None]], names: Sequence[str] = FEATURES, size: int = 1000
) -> list[Observations]:
    columns = [pa.array(column, pa.string()) for column in zip(*cells, strict=True)]
    table = pa.table(dict(zip(names, columns, strict=True)))
    return [Observations(batch) for batch in table.to_batches(max_chunksize=size)]


def explained(document: Any, label: str = "label0") -> dict[str, Any]:
    return document[ANALYSIS]["explanations"]["kernel_shap"][label]


def test_a_linear_models_values_are_its_weights_times_the_distance():
    found = explained(suggest(observed([("60", "30", "house")]), settings()))
    assert found["global_shap_values"] == pytest.approx({"income": 5, "age": 1, "purpose": 3})
    assert found["expected_value"] == pytest.approx(25 - 4)


def test_the_baseline_is_written_as_analysis_and_as_constraints():
    documents = suggest(observed(rows()), settings())
    assert set(documents) == {ANALYSIS, CONSTRAINTS}
    assert documents[ANALYSIS] == documents[CONSTRAINTS]
    assert documents[ANALYSIS]["version"] == "1.0"


def test_no_violation_against_its_own_baseline():
    data = observed(rows())
    analysis = analyze(data, suggest(data, settings()), settings=settings())
    assert analysis.findings == ()
    assert analysis.documents[VIOLATIONS] == {"version": "1.0", "violations": []}
    assert analysis.item_count == SETTINGS_ROWS
    assert analysis.distances["label0"] == pytest.approx(1.0)


def test_other_traffic_of_the_same_kind_is_clean():
    baseline = suggest(observed(rows()), settings())
    assert analyze(observed(rows(seed=2)), baseline, settings=settings()).findings == ()


@pytest.mark.parametrize("mode", ["corrected", "compat"])
def test_a_model_with_other_reasons_is_found_in_aws_words(mode):
    data = observed(rows())
    baseline = suggest(data, settings())
    analysis = analyze(data, baseline, mode, settings((0.001, -2.0, 0.01)))
    (finding,) = analysis.findings
    (entry,) = analysis.documents[VIOLATIONS]["violations"]
    assert entry == {
        "label": "label0",
        "metric_name": "shap",
        "constraint_check_type": "feature_attribution_drift_check",
        "description": f"Feature attribution drift {finding.observed} exceeds threshold 0.9",
    }
    assert finding.observed == analysis.distances["label0"] < 0.9
    assert finding.mode == mode


def test_a_finding_holds_both_rankings_from_which_its_score_follows():
    data = observed(rows())
    analysis = analyze(data, suggest(data, settings()), settings=settings((0.001, -2.0, 0.01)))
    (finding,) = analysis.findings
    evidence = json.loads(render(dict(finding.evidence)))
    importance = {entry["feature"]: entry["value"] for entry in evidence["baseline_ranking"]}
    discounts = 1 / np.log2(np.arange(2, 5))
    gained = [importance[entry["feature"]] for entry in evidence["current_ranking"]] @ discounts
    best = [entry["value"] for entry in evidence["baseline_ranking"]] @ discounts
    assert finding.observed == pytest.approx(gained / best)


@pytest.mark.parametrize("size", [1, 7, 40])
def test_the_size_of_batches_changes_no_digit(size):
    """Not even past the rows that are explained together."""
    cells = rows(300)
    assert suggest(observed(cells, size=size), settings()) == suggest(observed(cells), settings())


def test_row_order_changes_only_the_last_bits():
    cells = rows(300)
    one = explained(suggest(observed(cells), settings()))["global_shap_values"]
    other = explained(suggest(observed(cells[::-1]), settings()))["global_shap_values"]
    assert one == pytest.approx(other, rel=1e-12)


def test_captured_columns_are_taken_by_place():
    names = ("_c0", "_c1", "_c2")
    assert suggest(observed(rows(), names), settings()) == suggest(observed(rows()), settings())


def test_named_columns_are_taken_by_name_and_others_left_alone():
    cells = [(purpose, "x", age, income) for income, age, purpose in rows()]
    shuffled = observed(cells, ("purpose", "note", "age", "income"))
    assert suggest(shuffled, settings()) == suggest(observed(rows()), settings())


def test_without_headers_the_features_have_the_datas_names():
    documents = suggest(observed(rows()), settings(features=()))
    assert tuple(explained(documents)["global_shap_values"]) == FEATURES


def test_a_missing_column_is_named():
    with pytest.raises(CaptureError, match="'age'"):
        suggest(observed([row[:1] + row[2:] for row in rows()], ("income", "purpose")), settings())


def test_a_column_named_twice_is_refused():
    twice = pa.record_batch([pa.array(["1"])] * 2, names=["income", "income"])
    with pytest.raises(CaptureError, match="more than once"):
        suggest([Observations(twice)], settings())


@pytest.mark.parametrize("data", [[], [Observations(pa.record_batch({"a": pa.array([], "str")}))]])
def test_no_rows_is_an_error_that_begins_no_data(data):
    with pytest.raises(NoDataError, match=r"\ANO_DATA"):
        suggest(data, settings())


def test_one_refused_row_is_counted_and_said():
    cells = [*rows(300), ("much", "40", "car")]
    baseline = suggest(observed(rows(300)), settings())
    analysis = analyze(observed(cells), baseline, settings=settings())
    assert analysis.item_count == 300
    assert any("refused 1 of 301 rows" in warning for warning in analysis.warnings)
    assert "much" not in str(analysis.warnings)


def test_too_many_refused_rows_are_not_the_whole():
    cells = [*rows(50), *[("much", "40", "car")] * 5]
    with pytest.raises(CaptureError, match="refused 5 of 55 rows"):
        suggest(observed(cells), settings())


def test_a_baseline_the_model_refuses_is_a_mistake_in_the_configuration():
    with pytest.raises(UsageError, match="own baseline"):
        suggest(observed(rows()), settings(baseline=(("much", "40", "car"),)))


def test_a_baseline_of_another_width_is_a_mistake_in_the_configuration():
    with pytest.raises(UsageError, match="2 values, but there are 3 features"):
        suggest(observed(rows()), settings(baseline=(("50", "40"),)))


def test_labels_are_named_by_the_configuration():
    documents = suggest(observed(rows()), settings(label_headers=("default",)))
    assert list(documents[ANALYSIS]["explanations"]["kernel_shap"]) == ["default"]
    with pytest.raises(UsageError, match="names 2 labels, but the model answers 1"):
        suggest(observed(rows()), settings(label_headers=("a", "b")))


CLASSES = ("good", "late", "lost")


def of_classes(*weights: Sequence[float]) -> ExplainabilitySettings:
    """A model that answers three scores a row, each a linear one of its own."""
    answers = [scores(each) for each in weights]
    return settings(
        predict=lambda cells: np.hstack([answer(cells) for answer in answers]),
        label_headers=CLASSES,
        saves_local_values=True,
    )


def test_each_class_has_an_explanation_of_its_own(tmp_path):
    three = of_classes((0.5, -0.1, 3.0), (0.1, 2.0, 0.0), (0.0, 0.0, 1.0))
    documents = suggest(observed([("60", "30", "house")]), three)
    found = documents[ANALYSIS]["explanations"]["kernel_shap"]
    assert tuple(found) == CLASSES
    values = [list(entry["global_shap_values"].values()) for entry in found.values()]
    np.testing.assert_allclose(values, [[5, 1, 3], [1, 20, 0], [0, 0, 1]], atol=1e-9)
    (line,) = local_values(documents, tmp_path)
    assert list(line) == [f"{name}_{label}" for label in CLASSES for name in FEATURES]
    assert [float(cell) for cell in line.values()] == pytest.approx(
        [5, 1, 3, 1, -20, 0, 0, 0, 1], abs=1e-9
    )


def test_the_class_whose_reasons_changed_is_the_one_found():
    data = observed(rows())
    same = (0.5, -0.1, 3.0)
    baseline = suggest(data, of_classes(same, same, same))
    analysis = analyze(data, baseline, settings=of_classes(same, (0.001, -2.0, 0.01), same))
    assert [finding.identity["label"] for finding in analysis.findings] == ["late"]
    assert set(analysis.distances) == set(CLASSES)


def test_a_label_that_clarify_named_by_a_score_is_taken_by_place():
    data = observed(rows())
    baseline = suggest(data, settings(label_headers=("0.7956783771514893",)))
    analysis = analyze(data, baseline, settings=settings())
    assert analysis.findings == ()
    assert list(analysis.distances) == ["label0"]


def test_a_model_that_ignores_every_feature_has_no_ranking():
    data = observed(rows())
    constant = settings((0.0, 0.0, 0.0))
    analysis = analyze(data, suggest(data, constant), settings=constant)
    assert analysis.findings == ()
    assert "order" in str(analysis.distances["label0"])


BROKEN_BASELINES = {
    "another monitor's": {"features": []},
    "no explanation": {"explanations": {"pdp": []}},
    "no values": {"explanations": {"kernel_shap": {"label0": {}}}},
    "undefined": {"explanations": {"kernel_shap": {"label0": {"global_shap_values": {"a": None}}}}},
    "other features": {
        "explanations": {"kernel_shap": {"label0": {"global_shap_values": {"shoe": 1.0}}}}
    },
    "other labels": {
        "explanations": {
            "kernel_shap": {x: {"global_shap_values": {"income": 1.0}} for x in ("a", "b")}
        }
    },
}


@pytest.mark.parametrize("document", BROKEN_BASELINES.values(), ids=BROKEN_BASELINES)
def test_a_baseline_that_cannot_be_compared_is_refused(document):
    with pytest.raises(DocumentError, match=CONSTRAINTS):
        analyze(observed(rows()), {CONSTRAINTS: document}, settings=settings())


def test_without_a_baseline_or_a_model_it_says_what_to_give():
    with pytest.raises(DocumentError, match="suggest one"):
        analyze(observed(rows()), {}, settings=settings())
    with pytest.raises(UsageError, match="a model"):
        suggest(observed(rows()))


def local_values(documents: Any, tmp_path: Path) -> list[dict[str, str]]:
    """`explanations_shap/out.csv` as it is published."""
    publish(documents, tmp_path)
    with (tmp_path / "explanations_shap" / "out.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_local_values_come_a_column_per_feature_and_label(tmp_path):
    cells = [("60", "40", "car"), ("much", "40", "car"), *[("50", "40", "house")] * 198]
    wanted = settings(saves_local_values=True)
    first, refused, *others = local_values(suggest(observed(cells), wanted), tmp_path)
    assert [float(value) for value in first.values()] == pytest.approx([5, 0, 0])
    assert refused == {"income_label0": "", "age_label0": "", "purpose_label0": ""}
    assert len(others) == 198


def test_local_values_average_to_the_global_ones_to_the_last_digits(tmp_path):
    wanted = settings(saves_local_values=True, label_headers=("default",))
    data = observed(rows(600), size=100)
    analysis = analyze(data, suggest(data, wanted), settings=wanted)
    lines = local_values(analysis.documents, tmp_path)
    values = explained(analysis.documents, "default")["global_shap_values"]
    for name, value in values.items():
        found = [abs(float(line[f"{name}_default"])) for line in lines]
        assert sum(found) / len(found) == pytest.approx(value, rel=1e-12)


def test_local_values_of_parts_are_one_file_in_order_of_rows(tmp_path):
    cells, wanted = rows(30), settings(saves_local_values=True)
    parts = [attributions(observed(part), wanted) for part in (cells[:9], cells[9:])]
    whole = attributions(observed(cells), wanted)
    together = parts[0] + parts[1]
    added = local_values(together.explanation().local, tmp_path / "parts")
    assert added == local_values(whole.explanation().local, tmp_path / "whole")
    assert len(added) == 30


@pytest.mark.parametrize("asked", [("purpose", "income"), ("2", "0"), ("income", "2", "purpose")])
def test_only_the_features_asked_for_are_explained(asked, tmp_path):
    """As players they all remain: the values are those of the whole game."""
    data = observed(rows())
    whole = explained(suggest(data, settings()))["global_shap_values"]
    some = suggest(data, settings(explained=asked, saves_local_values=True))
    found = explained(some)["global_shap_values"]
    assert found == {name: whole[name] for name in ("income", "purpose")}
    (line, *_) = local_values(some, tmp_path)
    assert list(line) == ["income_label0", "purpose_label0"]


def test_a_feature_to_explain_that_is_none_is_named():
    with pytest.raises(UsageError, match="'shoe size'"):
        suggest(observed(rows()), settings(explained=("shoe size",)))


def test_the_baseline_rows_are_written_beside_the_local_values(tmp_path):
    publish(suggest(observed(rows()), settings(saves_local_values=True)), tmp_path)
    written = (tmp_path / "explanations_shap" / "baseline.csv").read_text()
    assert written == "income,age,purpose\n50,40,car\n"


def test_local_values_are_not_written_unasked(tmp_path):
    publish(suggest(observed(rows()), settings()), tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [ANALYSIS, CONSTRAINTS]


def test_exact_values_are_refused_where_the_model_has_none():
    """Not sampled in their place: who asks for exact values must not get estimates unsaid."""
    with pytest.raises(UsageError, match="no exact values"):
        suggest(observed(rows()), settings(exact=True))


class KnowsItself:
    """A model that is its own explainer."""

    expected = np.array([21.0])

    def __call__(self, *_: Any) -> np.ndarray:
        pytest.fail("it need not be asked")

    def exact(self, baseline: Any, use_logit: bool) -> KnowsItself:
        assert baseline.tolist() == [list(BASELINE[0])]
        assert not use_logit
        return self

    def explain(self, cells: Any) -> Explained:
        return Explained(np.tile([[1.0], [2.0], [3.0]], (len(cells), 1, 1)), refused=0)


def test_a_model_that_knows_its_values_is_not_asked():
    asked = settings(exact=True, predict=KnowsItself())
    found = explained(suggest(observed(rows()), asked))
    assert list(found["global_shap_values"].values()) == [1, 2, 3]
    assert found["expected_value"] == 21


def test_too_few_samples_are_said():
    features = tuple(f"f{i}" for i in range(14))
    asked = settings(
        features=features,
        baseline=(("0",) * 14,),
        num_samples=15,
        predict=lambda cells: np.asarray(cells, float).sum(axis=1, keepdims=True),
    )
    data = observed([tuple(str(i) for i in range(14))] * 3, features)
    analysis = analyze(data, suggest(data, asked), settings=asked)
    assert any("num_samples is 15 for 14 features" in warning for warning in analysis.warnings)


STRANGE: dict[str, list[str | None]] = {
    "all null": [None] * 4,
    "huge": ["9" * 400, "1e400", "-1e400", "1.7976931348623157e308"],
    "not a number": ["NaN", "nan", "x", ""],
    "unicode": ["€", "שלום", "🙂", "\u0000"],
    "one megabyte": ["x" * 2**20, "a", "b", "c"],
}


@pytest.mark.parametrize("name", FEATURES)
@pytest.mark.parametrize("cells", STRANGE.values(), ids=STRANGE)
def test_strange_cells_end_in_values_or_in_a_reason(name, cells):
    place = FEATURES.index(name)
    traffic = zip(rows(4), cells, strict=True)
    data = observed([(*row[:place], cell, *row[place + 1 :]) for row, cell in traffic])
    with np.errstate(all="ignore"):
        try:
            documents = suggest(data, settings(refused_share=0.9))
        except CaptureError as error:
            assert "refused" in str(error)
        else:
            render(documents)
            assert analyze(data, documents, settings=settings(refused_share=0.9)).findings == ()
