"""The stage files: each parameter a team chooses, in both stages, as the templates declare it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from cfnlint.decode import decode

from monitoring.config import Source, read
from monitoring.kinds import DATA_QUALITY, KINDS

ROOT = Path(__file__).parent.parent
STAGES = ("staging", "prod")
FILLED = {
    "monitoring-schedule": {
        "SageMakerProjectName",
        "EndpointName",
        "MonitoringScheduleName",
        "ModelMonitorRoleArn",
        "ModelMonitorImageUri",
        "ClarifyImageUri",
        "DataQualityStatisticsS3Uri",
        "ModelQualityStatisticsS3Uri",
        "ModelBiasConfigS3Uri",
        "ModelExplainabilityConfigS3Uri",
        *(f"{kind.name}ConstraintsS3Uri" for kind in KINDS),
        *(f"{kind.name}MonitoringOutputS3Uri" for kind in KINDS),
    },
    "endpoint": {
        "SageMakerProjectName",
        "SageMakerProjectId",
        "EndpointName",
        "ModelName",
        "ModelPackageName",
        "ModelExecutionRoleArn",
    },
}
"""What get_baselines_and_configs.py finds out, so that nobody writes it by hand."""
TEMPLATES = {
    "monitoring-schedule": "model-monitor-template.yml",
    "endpoint": "endpoint-template.yml",
}


@pytest.fixture(params=TEMPLATES, scope="module")
def what(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def declared(what: str) -> dict[str, Any]:
    template, problems = decode(str(ROOT / TEMPLATES[what]))
    assert not problems
    return json.loads(json.dumps(template))["Parameters"]


def config(stage: str, what: str) -> dict[str, Any]:
    return json.loads((ROOT / f"{stage}-{what}-config.json").read_text())


def test_staging_and_prod_have_the_same_keys_in_the_same_order(what):
    staging, prod = (config(stage, what) for stage in STAGES)
    assert list(staging) == list(prod) == ["Parameters", "Tags"]
    assert list(staging["Parameters"]) == list(prod["Parameters"])


def test_a_stage_file_holds_every_parameter_but_those_that_are_filled(what, declared):
    assert config("staging", what)["Parameters"].keys() == declared.keys() - FILLED[what]


@pytest.mark.parametrize("stage", STAGES)
def test_a_value_is_text_that_the_template_allows(what, declared, stage):
    for name, value in config(stage, what)["Parameters"].items():
        rules = declared[name]
        assert isinstance(value, str), name
        assert value in map(str, rules.get("AllowedValues", [value])), name
        assert re.fullmatch(rules.get("AllowedPattern", ".*"), value), name
        if rules["Type"] == "Number":
            least, most = rules.get("MinValue", 0), rules.get("MaxValue", float("inf"))
            assert least <= float(value) <= most, name


@pytest.mark.parametrize("stage", STAGES)
def test_the_script_accepts_a_stage_file_as_it_is(what, stage):
    make = Source.endpoint if what == "endpoint" else Source.monitors
    (read_back,) = read([make(ROOT / f"{stage}-{what}-config.json", stage)])
    assert read_back.stage == stage


@pytest.mark.parametrize("stage", STAGES)
def test_only_the_monitor_that_needs_nothing_more_is_on(stage):
    """Two of the others need labels first; explanations ask an endpoint of their own, which
    costs money every hour, and a baseline that not every package has. A team decides."""
    parameters = config(stage, "monitoring-schedule")["Parameters"]
    on = [kind for kind in KINDS if parameters[f"Enable{kind.name}Monitor"] == "yes"]
    assert on == [DATA_QUALITY]


@pytest.mark.parametrize("stage", STAGES)
def test_the_prediction_is_the_first_column_and_the_probability_the_second(stage):
    parameters = config(stage, "monitoring-schedule")["Parameters"]
    assert parameters["InferenceAttribute"] == "0"
    assert parameters["ProbabilityAttribute"] == "1"


def test_prod_survives_the_loss_of_an_instance():
    assert int(config("prod", "endpoint")["Parameters"]["EndpointInstanceCount"]) >= 2
