"""The table of parameters: it knows the templates, and refuses what they would."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from monitoring.aws.stages import HOURLY
from monitoring.config import StageConfig
from monitoring.kinds import KINDS
from monitoring.parameters import (
    ENDPOINT_PARAMETERS,
    MONITOR_PARAMETERS,
    s3_prefix,
    schedule_expression,
)

ROOT = Path(__file__).resolve().parents[2]
TABLES = {
    "endpoint-template.yml": ENDPOINT_PARAMETERS,
    "model-monitor-template.yml": MONITOR_PARAMETERS,
}


class Template(yaml.SafeLoader):
    """Reads CloudFormation's own tags as the plain values under them."""


Template.add_multi_constructor("!", lambda _loader, _tag, node: node.value)


@pytest.fixture(params=TABLES, ids=str)
def template(request: pytest.FixtureRequest) -> tuple[dict, dict]:
    text = (ROOT / request.param).read_text()
    return yaml.load(text, Template)["Parameters"], TABLES[request.param]  # noqa: S506


def test_every_parameter_of_a_template_is_in_its_table_and_no_other(template) -> None:
    parameters, table = template
    assert set(table) == set(parameters)


def test_what_a_template_offers_passes_the_check(template) -> None:
    parameters, table = template
    for name, parameter in parameters.items():
        offered = [parameter.get("Default", ""), *parameter.get("AllowedValues", [])]
        assert [value for value in offered if value != "" and table[name](str(value))] == []


def test_what_passes_the_check_passes_the_template(template) -> None:
    """A value refused only by CloudFormation is refused after the build: too late."""
    parameters, table = template
    tried = ["yes", "0.5", "5", "3600", "s3://bucket", "s3://bucket/key.json", "cron(0 9 ? * * *)"]
    tried += ["fraud-prod", "subnet-0a1", "sg-0a1", "ml.m5.large", "f" * 44, "cron(0 1/24 ? * * *)"]
    for name, parameter in parameters.items():
        pattern = re.compile(parameter.get("AllowedPattern", ""))
        for value in (value for value in tried if table[name](value) is None):
            if parameter.get("AllowedValues"):
                assert value in map(str, parameter["AllowedValues"]), (name, value)
            assert pattern.search(value), (name, value)
            assert len(value) <= parameter.get("MaxLength", 4096), (name, value)
            if parameter["Type"] == "Number":
                assert parameter.get("MinValue", 0) <= float(value)
                assert float(value) <= parameter.get("MaxValue", 1e9)


def test_a_monitor_nobody_mentions_is_on_in_the_template_too() -> None:
    text = (ROOT / "model-monitor-template.yml").read_text()
    parameters = yaml.load(text, Template)["Parameters"]  # noqa: S506
    for kind in KINDS:
        default = parameters[f"Enable{kind.name}Monitor"]["Default"]
        said = StageConfig({"GroundTruthInput": "s3://labels"}).why_off(kind)
        assert (default, said) == ("yes", None)
        assert parameters[f"{kind.name}ScheduleExpression"]["Default"] == HOURLY


@pytest.mark.parametrize("path", sorted(ROOT.glob("*-config.json")), ids=lambda path: path.name)
def test_the_configurations_we_ship_pass(path: Path) -> None:
    table = ENDPOINT_PARAMETERS if "endpoint" in path.name else MONITOR_PARAMETERS
    for name, value in json.loads(path.read_text())["Parameters"].items():
        assert not value or table[name](value) is None, name


@pytest.mark.parametrize("hours", range(1, 25))
def test_every_whole_rate_of_1_to_24_hours_is_taken(hours: int) -> None:
    assert schedule_expression(f"cron(0 {hours - 1}/{hours} ? * * *)") is None


@pytest.mark.parametrize(
    "expression",
    [
        "cron(0/30 * ? * * *)",
        "cron(30 * ? * * *)",
        "cron(0 24 ? * * *)",
        "cron(0 0/25 ? * * *)",
        "cron(0 0/0 ? * * *)",
        "cron(0 8,20 ? * * *)",
        "cron(0 12 ? * MON *)",
        "cron(0 * * * ? *)",
        "rate(1 hour)",
        "cron(0 * ? * * *) ",
        "NOW",
    ],
)
def test_every_other_rate_is_refused_with_the_forms_there_are(expression: str) -> None:
    assert "cron(0 * ? * * *) each hour" in str(schedule_expression(expression))


@pytest.mark.parametrize("uri", ["s3://labels", "s3://labels/", "s3://labels/of card risk/2026"])
def test_a_prefix_may_hold_what_a_key_may(uri: str) -> None:
    assert s3_prefix(uri) is None


@pytest.mark.parametrize("uri", ["labels/", "s3://labels/ ", "s3://labels/a\nb", "s3://a//b"])
def test_a_prefix_that_is_mistyped_is_refused(uri: str) -> None:
    assert s3_prefix(uri)
