"""Every fault of traffic, baselines and labels has a test, and this is where it stands.

The numbers are those of FAULTS.md (lists A, B and C), in the folder SHARED_DIR names. The index
holds references, so that a fault is tested once, beside the code that meets it; a reference to
a test that is gone fails. What no other file tests stands below the index.
"""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pyarrow as pa
import pytest

from monitoring.capture import read_capture
from monitoring.capture.merging import merge
from monitoring.documents import CONSTRAINTS, STATISTICS, VIOLATIONS, parse, render
from monitoring.kinds import DATA_QUALITY
from monitoring.monitors import monitor_for
from monitoring.monitors.constraints import Constraints

ROOT = Path(__file__).parents[2]
FAULTS = Path(os.environ.get("SHARED_DIR", ROOT.parent / "shared")) / "FAULTS.md"
LISTS = "ABC"
HERE = "contracts/test_faults"
CAPTURE, MONITORS = "monitoring/capture", "monitoring/monitors"

INDEX: dict[int, dict[str, tuple[str, ...]]] = {
    1: {
        "monitoring/test_job": ("an_hour_without_data_fails_as_no_data",),
        "monitoring/test_cli": ("what_is_wrong_is_one_line_on_stderr_and_nothing_is_written",),
        "moto_fixtures/test_scheduler": ("an_hour_without_traffic_fails_and_says_so",),
        "test_template": ("no_data_is_neither_well_nor_in_breach_and_is_told",),
    },
    2: {
        "monitoring/aws/test_registry": (
            "an_endpoint_that_stopped_to_capture_is_refused_with_its_status",
        ),
        "monitoring/aws/test_stages": ("what_may_not_be_meant_is_warned_of",),
    },
    3: {
        "monitoring/test_config": ("the_slash_at_the_end_of_a_prefix_is_dropped",),
        "monitoring/test_parameters": ("a_prefix_that_is_mistyped_is_refused",),
    },
    4: {
        f"{CAPTURE}/test_reading": (
            "a_record_flushed_into_the_next_hour_is_read_and_called_late",
            "a_broken_line_is_charged_to_the_hour_it_was_written_in",
        ),
        "monitoring/test_cli": ("a_past_hour_can_be_checked_alone",),
    },
    5: {f"{CAPTURE}/test_reading": ("a_time_lies_in_exactly_one_hour",)},
    6: {
        f"{CAPTURE}/test_reading": ("a_record_flushed_into_the_next_hour_is_read_and_called_late",),
        "moto_fixtures/test_scheduler": ("an_event_belongs_to_the_hour_it_happened_in",),
    },
    7: {f"{CAPTURE}/test_reading": ("a_record_counts_where_its_time_lies",)},
    8: {
        f"{CAPTURE}/test_reading": (
            "a_broken_line_is_counted_placed_and_does_not_stop_the_others",
            "byte_order_marks_and_dos_ends_and_blank_lines_are_no_faults",
            "one_percent_of_the_records_may_be_faulty",
        ),
    },
    9: {
        f"{CAPTURE}/test_reading": (
            "empty_files_and_markers_hold_no_records",
            "gzip_is_recognised_by_its_content",
            "a_gzip_file_that_breaks_off_gives_what_it_has_and_says_so",
        ),
    },
    10: {
        f"{CAPTURE}/test_reading": (
            "base64_is_decoded_and_read_by_its_content_type",
            "a_type_nobody_listed_names_the_list_to_mend",
        ),
    },
    11: {
        f"{CAPTURE}/test_reading": ("mixed_types_are_read_with_a_warning_that_quotes_aws",),
    },
    12: {f"{CAPTURE}/test_payloads": ("only_the_media_type_decides",)},
    13: {
        f"{CAPTURE}/test_reading": ("one_captured_side_is_read_under_its_own_names",),
        f"{CAPTURE}/test_observing": ("a_missing_side_is_counted_and_not_guessed",),
        "monitoring/test_job": ("only_inputs_captured_is_missing_outputs_and_nothing_else",),
    },
    14: {f"{CAPTURE}/test_reading": ("what_is_unknown_is_ignored_but_for_a_major_version",)},
    15: {
        f"{CAPTURE}/test_reading": (
            "an_event_read_twice_counts_once",
            "a_clients_retry_counts_once",
        ),
    },
    16: {
        f"{CAPTURE}/test_reading": ("every_row_of_a_record_is_an_observation",),
        f"{CAPTURE}/test_observing": ("labels_that_do_not_pair_leave_the_record_out",),
    },
    17: {
        f"{CAPTURE}/test_reading": (
            "a_record_with_other_columns_is_left_out",
            "a_header_sent_as_data_is_set_aside_and_said",
        ),
        f"{MONITORS}/test_alignment": ("corrected_names_what_is_missing_and_what_is_extra",),
        "golden/test_capture": ("the_header_row_of_awss_own_notebook_is_recognised",),
    },
    18: {f"{MONITORS}/test_data_quality": ("an_unseen_category_is_found_and_quoted",)},
    19: {
        f"{MONITORS}/test_data_quality": ("a_type_violation_reads_as_aws_writes_it",),
        "monitoring/measures/test_types": ("every_cell_is_counted_as_deequ_would",),
    },
    20: {
        f"{MONITORS}/test_statistics": ("missing_and_non_finite_are_counted_apart",),
        "monitoring/test_documents": (
            "what_is_written_is_strict_json",
            "undefined_numbers_of_every_generation_are_none",
        ),
    },
    21: {HERE: ("a_threshold_in_scientific_notation_is_the_same_number",)},
    22: {
        "contracts/test_monitors": (
            "strange_columns_are_described_in_strict_json_or_refused",
            "one_row_is_judged_or_refused_with_a_reason",
        ),
        f"{MONITORS}/test_data_quality": ("too_few_values_have_no_distance_rather_than_zero",),
        f"{MONITORS}/test_model_quality": ("fewer_than_200_rows_have_no_spread_in_the_sentence",),
    },
    23: {
        f"{CAPTURE}/test_reading": (
            "odd_values_arrive_as_they_were_sent",
            "half_a_character_is_replaced_visibly",
        ),
        "contracts/test_monitors": ("strange_traffic_is_judged_against_an_ordinary_baseline",),
        "monitoring/test_report": ("cleaned_text_only_prints",),
    },
    24: {
        HERE: ("a_payload_of_the_largest_size_is_read",),
        f"{CAPTURE}/test_lines": ("a_line_over_the_limit_is_dropped_and_the_next_one_is_whole",),
    },
    25: {HERE: ("many_files_and_records_do_not_add_up_in_memory",)},
    26: {"monitoring/test_cautions": ("too_few_captured_records_are_a_warning",)},
    27: {
        f"{CAPTURE}/test_payloads": (
            "json_shapes_become_rows",
            "a_refused_shape_is_told_by_its_keys_not_its_values",
        ),
        f"{CAPTURE}/test_observing": (
            "json_answers_are_found_by_name_index_or_path",
            "a_changed_answer_is_shown_by_its_shape_alone",
        ),
    },
    28: {
        "moto_fixtures/test_scheduler": ("a_missing_baseline_names_the_object",),
        "test_get_baselines_and_configs": ("a_baseline_that_is_not_in_s3_stops_the_run",),
    },
    29: {"monitoring/test_cautions": ("a_baseline_of_another_package_is_named_and_never_healthy",)},
    30: {f"{MONITORS}/test_alignment": ("corrected_names_what_is_missing_and_what_is_extra",)},
    31: {"monitoring/test_documents": ("another_monitors_document_is_refused",)},
    32: {HERE: ("a_wide_table_without_a_header_is_a_baseline",)},
    33: {
        f"{MONITORS}/test_constraints": (
            "a_field_that_cannot_be_used_is_named",
            "all_problems_are_listed_at_once_with_the_file",
        ),
        "monitoring/test_cli": ("a_constraint_set_wrong_is_wrong_usage",),
    },
    34: {
        f"{MONITORS}/test_model_quality": ("labels_are_one_however_they_are_written",),
        "monitoring/measures/test_labels": ("an_integer_and_its_float_are_one_class",),
        "monitoring/measures/test_classification": (
            "multiclass_metrics_are_scikit_learns_weighted_ones",
        ),
    },
    35: {
        "monitoring/measures/test_distance": (
            "an_unseen_category_counts_as_much_as_a_lost_one",
            "an_unseen_category_beside_many_large_ones_is_impossible_by_chance",
        ),
        "monitoring/measures/test_divergence": (
            "psi_is_its_definition_over_counts_that_each_got_a_half",
            "values_the_baseline_never_held_are_found",
        ),
    },
    36: {f"{MONITORS}/test_statistics": ("a_damaged_sketch_is_refused",)},
    37: {
        "monitoring/test_job": ("captured_records_that_nobody_merged_are_pending",),
        "monitoring/test_cli": ("traffic_whose_labels_have_not_come_ends_with_1",),
        "moto_fixtures/test_labelled_executions": ("an_hour_without_labels_waits_for_them",),
    },
    38: {
        f"{CAPTURE}/test_merging": ("a_record_without_a_label_is_counted_and_not_written",),
        "monitoring/test_job": (
            "one_job_can_join_and_evaluate",
            "too_few_labels_are_not_evaluated_where_a_minimum_is_set",
        ),
        "monitoring/measures/test_partly_labelled": (
            "the_bounds_are_the_worst_and_the_best_that_can_come",
        ),
    },
    39: {
        f"{CAPTURE}/test_merging": ("labels_that_come_days_later_re_open_their_hour",),
        "moto_fixtures/test_labelled_executions": (
            "labels_that_come_later_are_found_where_they_were_collected",
        ),
    },
    40: {
        HERE: ("a_client_without_inference_ids_is_joined_by_event_and_counted",),
        f"{CAPTURE}/test_merging": ("a_label_names_the_inference_id_where_the_client_gave_one",),
    },
    41: {
        f"{CAPTURE}/test_merging": (
            "labels_of_other_hours_are_orphans_and_do_no_harm",
            "the_last_of_conflicting_labels_is_taken_and_said",
        ),
    },
    42: {
        f"{MONITORS}/test_model_quality": ("no_positives_gives_reasons_not_numbers",),
        f"{MONITORS}/test_bias": ("one_class_only_gives_a_reason_and_in_compat_clarifys_zero",),
    },
    43: {
        "monitoring/measures/test_labels": (
            "a_label_has_one_spelling",
            "the_users_mapping_comes_first",
        ),
        f"{MONITORS}/test_model_quality": ("a_third_label_is_rejected_and_counted",),
    },
    44: {
        f"{MONITORS}/test_model_quality": (
            "without_a_probability_there_is_no_auc_and_no_constraint_for_it",
        ),
        "monitoring/test_config": ("a_monitor_with_labels_must_know_where_the_prediction_is",),
    },
}
"""Fault → test file → its tests, without `test_` and `.py`."""


@cache
def functions(file: str) -> frozenset[str]:
    """The functions of a test file."""
    tree = ast.parse((ROOT / "tests" / f"{file}.py").read_text())
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


@pytest.mark.skipif(not FAULTS.is_file(), reason=f"no {FAULTS}; set SHARED_DIR")
def test_every_fault_of_lists_a_b_and_c_is_in_the_index():
    sections = re.split(r"^## ", FAULTS.read_text(), flags=re.MULTILINE)
    listed = [
        int(number)
        for section in sections
        if section[0] in LISTS and section[1:2] == "."
        for number in re.findall(r"^\|(\d+)\|", section, flags=re.MULTILINE)
    ]
    assert listed == list(range(1, 45))
    assert sorted(INDEX) == listed


@pytest.mark.parametrize("fault", INDEX)
def test_what_the_index_names_is_there(fault: int):
    missing = [
        f"{file}::{name}"
        for file, names in INDEX[fault].items()
        for name in names
        if f"test_{name}" not in functions(file)
    ]
    assert INDEX[fault]
    assert not missing, f"fault {fault} has lost {missing}"


# What no other file tests


def event(number: int, sent: str, **metadata: str) -> str:
    """A captured line; each row of the request has its answer."""
    answered = "1,0.75\n" * (sent.count("\n") + 1)
    sides = {"endpointInput": sent, "endpointOutput": answered}
    return json.dumps(
        {
            "captureData": {
                side: {"observedContentType": "text/csv", "encoding": "CSV", "data": data}
                for side, data in sides.items()
            },
            "eventMetadata": {
                "eventId": f"event-{number}",
                "inferenceTime": "2026-01-05T09:30:00Z",
                **metadata,
            },
            "eventVersion": "0",
        }
    )


@pytest.mark.parametrize("text", ["1e-05", "1E-5", "1.0E-5", "0.00001"])
def test_a_threshold_in_scientific_notation_is_the_same_number(text: str):
    """Java writes 1.0E-5, a hand 1e-05."""
    columns = pa.record_batch({"age": ["31", "45", "27"]})
    document = dict(monitor_for(DATA_QUALITY).suggest([columns])[CONSTRAINTS])
    edited = render(document).replace(
        '"comparison_threshold" : 0.1', f'"comparison_threshold" : {text}'
    )
    read = parse(edited.encode(), CONSTRAINTS)
    assert Constraints.of(read).config.comparison_threshold == 1e-5
    assert parse(render(read).encode(), CONSTRAINTS) == read


def test_a_payload_of_the_largest_size_is_read(tmp_path: Path):
    """6,291,456 bytes, what SageMaker takes; one row of it is one cell."""
    largest = 6_291_456
    sent = f"31,{'x' * (largest - 3)}"
    (tmp_path / "a.jsonl").write_text(event(1, sent) + "\n" + event(2, "32,y") + "\n")
    reading = read_capture(tmp_path)
    (batch,) = reading.batches
    assert reading.counts.as_dict()["rows"] == 2
    assert [len(cell) for cell in batch.column(3).to_pylist()] == [largest - 3, 1]


MEASURED = """
import resource, sys
from pathlib import Path
from monitoring.capture import read_capture
rows = sum(batch.num_rows for batch in read_capture(Path(sys.argv[1])).batches)
print(rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def test_many_files_and_records_do_not_add_up_in_memory(tmp_path: Path):
    """Of 29 more megabytes less than half stays: what is read is let go."""
    rows = "\n".join(",".join(["0.123456789"] * 30) for _ in range(100))
    peaks = {}
    for files in (80, 160):
        directory = tmp_path / str(files)
        directory.mkdir()
        for file in range(files):
            lines = [event(file * 10 + at, rows) + "\n" for at in range(10)]
            (directory / f"{file:04}.jsonl").write_text("".join(lines))
        ended = subprocess.run(
            [sys.executable, "-c", MEASURED, str(directory)],
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
        )
        count, kilobytes = map(int, ended.stdout.split())
        assert count == files * 1000
        peaks[files] = kilobytes * 1024
    assert peaks[160] - peaks[80] < 800 * len(rows) / 2


def test_a_wide_table_without_a_header_is_a_baseline(tmp_path: Path):
    """AWS's container is reported to crash on one."""
    names = [f"_c{at}" for at in range(1500)]
    columns = pa.record_batch({name: ["1", "2", str(at)] for at, name in enumerate(names)})
    monitor = monitor_for(DATA_QUALITY)
    baseline = monitor.suggest([columns])
    assert [feature["name"] for feature in baseline[STATISTICS]["features"]] == names
    assert monitor.analyze([columns], baseline).documents[VIOLATIONS]["violations"] == []


def test_a_client_without_inference_ids_is_joined_by_event_and_counted(tmp_path: Path):
    captured, labels = tmp_path / "captured", tmp_path / "labels"
    for directory in (captured, labels):
        directory.mkdir()
    lines = [event(1, "31"), event(2, "32", inferenceId="order-2")]
    (captured / "a.jsonl").write_text("\n".join(lines))
    truths = [
        json.dumps(
            {
                "groundTruthData": {"data": "1", "encoding": "CSV"},
                "eventMetadata": {"eventId": identity},
                "eventVersion": "0",
            }
        )
        for identity in ("event-1", "order-2")
    ]
    (labels / "a.jsonl").write_text("\n".join(truths))
    coverage = merge(captured, labels, tmp_path / "merged").coverage
    assert (coverage.joined, coverage.by_event_id) == (2, 1)
