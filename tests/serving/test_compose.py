"""Compose, Prometheus and Grafana: valid, closed to other machines, and true of the metrics."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from serving.app import create_app
from serving.metrics import REASONS, Metrics
from serving.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((ROOT / "compose.yml").read_text())
DASHBOARD = json.loads((ROOT / "docker/grafana/dashboards/serving.json").read_text())
ALERTS = yaml.safe_load((ROOT / "docker/alerts.yml").read_text())
METRIC = re.compile(r"\bserving_\w+")
SELECTED = re.compile(r'(\w+)(?:=|=~)"([^"]*)"')


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """Every series' name once each kind of thing has happened."""
    metrics = Metrics("fraud", "1")
    metrics.answered("/invocations", 200, 0.01, 3)
    for status in (*REASONS, 500):
        metrics.answered("/predict", status, 0.01, 0)
    for what in ("capture", "request_log"):
        metrics.lost(what, 1, "full")
    metrics.captured()
    metrics.feedback("failed")
    return metrics.exposition().decode()


def expressions():
    """Every expression of the dashboard and of the alerts, by where it stands."""
    for panel in DASHBOARD["panels"]:
        for target in panel["targets"]:
            yield pytest.param(target["expr"], id=panel["title"])
    for group in ALERTS["groups"]:
        for rule in group["rules"]:
            yield pytest.param(rule["expr"], id=rule["alert"])


@pytest.mark.parametrize("expression", [*expressions()])
def test_every_metric_that_is_shown_or_alerted_on_is_exported(exported, expression):
    names = METRIC.findall(expression)
    assert names or expression.startswith("up{")
    for name in names:
        assert re.search(rf"^{name}[ {{]", exported, re.MULTILINE), name


@pytest.mark.parametrize("expression", [*expressions()])
def test_every_label_value_that_is_selected_is_exported(exported, expression):
    if expression.startswith("up{"):
        return
    for label, values in SELECTED.findall(expression):
        for value in values.split("|"):
            assert f'{label}="{value}"' in exported


def test_the_application_exports_what_the_class_does(built):
    client = create_app(built / "model", Settings()).test_client()
    client.get("/ping")
    text = client.get("/metrics").text
    assert 'serving_requests_total{route="/ping",status="200"} 1.0' in text
    assert "serving_model_info{" in text


def test_no_label_comes_from_what_was_sent(built):
    client = create_app(built / "model", Settings()).test_client()
    for method, path in (("GET", "/s3cret"), ("S3CRET", "/ping"), ("POST", "/invocations")):
        client.open(path, method=method, data="s3cret", content_type="text/s3cret")
    assert "s3cret" not in client.get("/metrics").text.lower()


@pytest.mark.parametrize("service", COMPOSE["services"])
def test_ports_are_published_to_this_machine_alone(service):
    for port in COMPOSE["services"][service]["ports"]:
        assert port.startswith("127.0.0.1:")


@pytest.mark.parametrize("service", COMPOSE["services"])
def test_no_container_gains_rights(service):
    made = COMPOSE["services"][service]
    assert made["cap_drop"] == ["ALL"]
    assert made["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in made


@pytest.mark.parametrize("service", ["prometheus", "grafana"])
def test_images_are_those_that_were_pinned(service):
    variable = f"{service.upper()}_IMAGE"
    assert COMPOSE["services"][service]["image"].startswith(f"${{{variable}:?")
    assert f'"{variable}"' in (ROOT / "docker/pins.py").read_text()


@pytest.mark.parametrize("service", COMPOSE["services"])
def test_what_is_mounted_from_the_repository_is_there(service):
    for volume in COMPOSE["services"][service]["volumes"]:
        if volume.startswith("./"):
            assert (ROOT / volume.split(":")[0]).exists()


def test_the_models_settings_are_ones_that_are_read():
    environment = COMPOSE["services"]["model"]["environment"]
    known = (ROOT / "serving/settings.py").read_text()
    assert all(f'"{name}"' in known for name in environment)


def test_prometheus_asks_the_model_with_the_token():
    read = yaml.safe_load((ROOT / "docker/prometheus.yml").read_text())
    (job,) = read["scrape_configs"]
    assert job["static_configs"] == [{"targets": ["model:8080"]}]
    assert job["authorization"]["credentials_file"] == "/run/secrets/token"


def test_grafana_finds_its_source_and_its_dashboard():
    provisioning = ROOT / "docker/grafana/provisioning"
    (source,) = yaml.safe_load((provisioning / "datasources/prometheus.yml").read_text())[
        "datasources"
    ]
    assert {panel["datasource"]["uid"] for panel in DASHBOARD["panels"]} == {source["uid"]}
    (provider,) = yaml.safe_load((provisioning / "dashboards/serving.yml").read_text())["providers"]
    mounted = [each.split(":") for each in COMPOSE["services"]["grafana"]["volumes"]]
    assert any(there == provider["options"]["path"] for _, there, *_ in mounted)
