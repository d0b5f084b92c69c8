"""The page: whole, self-contained, the same each time, and safe with any name in the data."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import pytest

from pipelines import data
from pipelines.evaluation import page, plots
from pipelines.evaluation.gate import judge
from pipelines.models import fraud
from pipelines.models.base import Limits

VOID = {"meta"}
HOSTILE = '<script>alert("x")</script> & $x$'


@pytest.fixture(scope="module")
def report(build):
    return json.loads((build / "report" / "evaluation.json").read_text())


@pytest.fixture(scope="module")
def written(build):
    return (build / "report" / "evaluation.html").read_text()


class Nesting(HTMLParser):
    """Elements that are open; fails on an end that does not match."""

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.text = [], [], []

    def handle_starttag(self, tag, attrs):
        self.ids += [value for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, _, attrs):
        self.ids += [value for name, value in attrs if name == "id"]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def parsed(text):
    parser = Nesting()
    parser.feed(text)
    return parser


def test_every_element_is_closed_and_every_id_is_used_once(written):
    parser = parsed(written)
    assert parser.open == []
    assert len(parser.ids) == len(set(parser.ids))


def test_a_reference_in_a_drawing_leads_to_something_on_the_page(written):
    used = set(re.findall(r"url\(#([^)]+)\)|xlink:href=\"#([^\"]+)\"", written))
    assert {one or other for one, other in used} <= set(parsed(written).ids)


def test_nothing_is_fetched_and_nothing_runs(written):
    without_names = re.sub(r'xmlns(:\w+)?="[^"]*"', "", written)
    assert not re.search(r"https?://|<script|<link|<img|@import|src=| on\w+=", without_names)


def test_each_question_has_its_part(written):
    titles = re.findall(r"<h2>(.*?)</h2>", written)
    assert titles == [
        "Quality",
        "Cost and capacity",
        "Calibration",
        "Segments",
        "Overfitting",
        "Sensitivity",
        "Adversarial changes",
        "Stress",
    ]
    assert "It keeps its limits." in written


def test_the_same_report_makes_the_same_page(build, report, written):
    description = json.loads((build / "model" / "model.json").read_text())
    model = data.read_model(build / "data")
    again = page.render(model, description["version"], description["threshold"], report)
    assert again == written


def test_a_model_that_may_not_be_registered_is_told_so_with_every_reason(report):
    gate = judge(Limits(min_auc=1.0, max_relative_cost=0.001), report)
    text = page.render(fraud.MODEL, "v", 0.5, {**report, "gate": gate})
    assert "It may not be registered." in text
    assert text.count("<li>") == 2


def test_names_from_the_data_are_text(report):
    segments = {HOSTILE: report["segments"]["entry_mode"]}
    sensitivity = report["sensitivity"]
    features = [{**sensitivity["features"][0], "feature": HOSTILE}]
    hostile = {**report, "segments": segments, "sensitivity": {**sensitivity, "features": features}}
    text = page.render(fraud.MODEL, HOSTILE, 0.5, hostile)
    assert "<script" not in text
    assert HOSTILE in "".join(parsed(text).text)


def test_what_could_not_be_computed_says_why_and_draws_nothing(report):
    unknown = {"not_computed": "no row is labelled positive"}
    metrics = {
        name: found
        for name, found in report["binary_classification_metrics"].items()
        if not name.endswith("_curve")
    }
    blocks = report["adversarial"]["by_decision"]
    empty = {
        **report,
        "binary_classification_metrics": {
            **metrics,
            "auc": {"value": None, "standard_deviation": None},
        },
        "calibration": {"expected_calibration_error": unknown, "beyond_chance": unknown},
        "segments": {"shop": {"not_computed": "some or all of the data have no such column"}},
        "overfitting": {**report["overfitting"], "auc_gap": {"value": unknown}},
        "adversarial": {
            **report["adversarial"],
            "by_decision": {name: {**each, "features": []} for name, each in blocks.items()},
        },
    }
    text = page.render(fraud.MODEL, "v", 0.5, empty)
    assert parsed(text).open == []
    assert "no row is labelled positive" in text
    assert "not defined" in text
    assert text.count("<svg") == 2


def test_a_drawing_takes_its_colour_from_the_text_and_its_width_from_the_page(report):
    svg = plots.costs(report, 0.3)
    root = ET.fromstring(svg)  # noqa: S314 (made here)
    assert "currentColor" in svg
    assert plots.INK not in svg
    assert "width" not in root.attrib
    assert root.attrib["viewBox"]


def test_matplotlib_is_imported_by_drawing_alone():
    program = (
        "import sys, pipelines.evaluate, pipelines.register; print('matplotlib' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
