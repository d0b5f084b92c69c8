"""Which column is which: by name where names exist, by position where they do not."""

from __future__ import annotations

import pytest

from monitoring.errors import CaptureError
from monitoring.monitors.alignment import align, column_findings, require_distinct

BASELINE = ("prediction", "age", "city")
POSITIONAL = ("_c0", "_c1", "_c2")


@pytest.mark.parametrize("mode", ["corrected", "compat"])
def test_captured_columns_take_the_baselines_names(mode):
    assert align(POSITIONAL, BASELINE, mode).names == BASELINE


@pytest.mark.parametrize("mode", ["corrected", "compat"])
def test_keys_that_only_count_take_the_baselines_names(mode):
    """AWS's advice to preprocessing scripts: `str(i).zfill(20)`."""
    counted = tuple(str(place).zfill(20) for place in range(3))
    assert align(counted, BASELINE, mode).names == BASELINE
    assert align(counted, counted, mode).names == counted


@pytest.mark.parametrize("mode", ["corrected", "compat"])
def test_named_columns_take_a_headerless_baselines_names(mode):
    assert align(BASELINE, POSITIONAL, mode).names == POSITIONAL


def test_corrected_matches_reordered_columns_by_name_and_compat_does_not():
    reordered = ("city", "prediction", "age")
    assert align(reordered, BASELINE, "corrected").names == reordered
    assert align(reordered, BASELINE, "compat").names == BASELINE


def test_corrected_names_what_is_missing_and_what_is_extra():
    alignment = align(("age", "prediction", "town"), BASELINE, "corrected")
    missing, extra = column_findings(alignment, BASELINE, "corrected")
    assert (missing.feature, missing.check) == ("Missing columns", "missing_column_check")
    assert missing.description.endswith("Columns: city")
    assert (extra.feature, extra.check) == ("Extra columns", "extra_column_check")
    assert extra.description.endswith("Columns: town")
    assert alignment.comparable


@pytest.mark.parametrize("mode", ["corrected", "compat"])
def test_another_number_of_nameless_columns_cannot_be_compared(mode):
    assert not align(POSITIONAL[:2], BASELINE, mode).comparable


def test_compat_stops_at_another_number_of_columns_even_with_names():
    assert not align(BASELINE[:2], BASELINE, "compat").comparable


def test_extra_columns_are_reported_in_aws_words():
    names = tuple(f"_c{i}" for i in range(23))
    alignment = align(names, names[:22], "compat")
    (finding,) = column_findings(alignment, names[:22], "compat")
    assert finding.violation() == {
        "feature_name": "Extra columns",
        "constraint_check_type": "extra_column_check",
        "description": (
            "There are extra columns in current dataset. Number of columns in current dataset: 23, "
            "Number of columns in baseline constraints: 22"
        ),
    }


def test_the_same_columns_are_no_finding():
    for mode in ("corrected", "compat"):
        assert column_findings(align(BASELINE, BASELINE, mode), BASELINE, mode) == []


def test_a_name_that_stands_twice_is_refused():
    with pytest.raises(CaptureError, match="'age'"):
        require_distinct(("age", "city", "age"))
