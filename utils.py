"""The steps of `get_baselines_and_configs.py`, under the names AWS's template gave them.

Each takes and returns plain dictionaries, so a script that a team wrote against AWS's template
goes on working; the logic is in `monitoring/`. Only the root script and its test import this.

The one thing a reader gets wrong: a client is passed in, or made when a function is called. AWS's
own file made its clients on import. Why the signatures are as they are: docs/decisions/0002.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from monitoring import baselines, config
from monitoring.aws import clients, images, projects, registry, storage
from monitoring.baselines import Baselines, DerivedFile
from monitoring.errors import ConfigError
from monitoring.kinds import BIAS, EXPLAINABILITY

Config = dict[str, dict[str, str]]
"""`{"Parameters": {...}, "Tags": {...}}`."""


def get_built_in_model_monitor_image_uri(region: str, framework: str = "model-monitor") -> str:
    """The image AWS publishes in a region: `model-monitor` or `clarify`."""
    return images.uri(framework, region)


def get_project_tags(
    sagemaker_project_name: str,
    sagemaker_project_arn: str | None = None,
    sagemaker_client: Any = None,
) -> list[dict[str, str]]:
    """The project's own tags as `[{"Key": ..., "Value": ...}]`; `aws:` ones are left out."""
    client = sagemaker_client or clients.connect().sagemaker
    found = projects.project_tags(client, sagemaker_project_name, sagemaker_project_arn)
    return [{"Key": key, "Value": value} for key, value in found.items()]


def combine_resource_tags(
    stage_name: str,
    sagemaker_project_id: str,
    sagemaker_project_name: str,
    project_tags: list[dict[str, str]],
) -> dict[str, str]:
    """The three tags of a stage, then the project's own, as a configuration holds them."""
    own = {tag["Key"]: tag["Value"] for tag in project_tags}
    stage = projects.stage_tags(stage_name, sagemaker_project_id, sagemaker_project_name)
    return projects.combine(stage, own)


def get_baselines_and_model_name(
    endpoint_name: str, sagemaker_client: Any = None
) -> tuple[Baselines, str]:
    """DriftCheckBaselines, and the model's name, of what an endpoint serves."""
    client = sagemaker_client or clients.connect().sagemaker
    served = registry.served_by(client, endpoint_name, stage=endpoint_name)
    found, _ = baselines.complete(served.package.drift_check, served.package.metrics)
    return found, served.model_name


def get_bucket_name_and_file_key(s3_uri: str) -> tuple[str, str]:
    """Bucket and key of an S3 URI."""
    return storage.split(s3_uri)


def get_json_file_from_s3(s3_uri: str, s3_client: Any = None) -> Any:
    """The JSON document at an S3 URI."""
    return storage.read_json(s3_client or clients.connect().s3, s3_uri)


def upload_json_to_s3(document: Any, s3_prefix: str, file_name: str, s3_client: Any = None) -> str:
    """Write a document under a key made of its content, once; its URI is returned."""
    file = DerivedFile(file_name, baselines.to_bytes(document), s3_prefix.rstrip("/"))
    storage.put_once(s3_client or clients.connect().s3, file)
    return file.uri


def process_bias_baselines(
    drift_check_baselines: Baselines, s3_prefix: str, s3_client: Any = None
) -> dict[str, str]:
    """The bias monitor's parameters; pre- and post-training constraints are merged and uploaded."""
    return _process(BIAS.slug, drift_check_baselines, s3_prefix, "", s3_client)


def process_explainability_config_file(
    drift_check_baselines: Baselines, model_name: str, s3_prefix: str, s3_client: Any = None
) -> dict[str, str]:
    """The explainability monitor's parameters; its configuration is made to name the model."""
    return _process(EXPLAINABILITY.slug, drift_check_baselines, s3_prefix, model_name, s3_client)


def _process(
    slug: str, found: Baselines, s3_prefix: str, model_name: str, s3_client: Any
) -> dict[str, str]:
    client = s3_client or clients.connect().s3
    kind = next(kind for kind in (BIAS, EXPLAINABILITY) if kind.slug == slug)
    parameters = {}
    for need in baselines.needs(kind):
        if not (parts := need.found_in(found)):
            continue
        parameters[need.parameter] = parts[0]["S3Uri"]
        if need.derived:
            documents = [(p["S3Uri"], get_json_file_from_s3(p["S3Uri"], client)) for p in parts]
            document = baselines.derive(need, documents, model_name)
            parameters[need.parameter] = upload_json_to_s3(
                document, s3_prefix, need.derived, client
            )
    return parameters


def extend_config(
    stage_config: Mapping[str, Mapping[str, str]],
    parameters: Mapping[str, str],
    tags: Mapping[str, str],
) -> Config:
    """A stage's configuration with its gaps filled; what the user wrote wins."""
    written = config.StageConfig(stage_config["Parameters"], stage_config.get("Tags", {}))
    return written.filled_from(parameters).tagged(tags).to_dict()


def read_config_from_json(path: str | Path) -> Config:
    """A stage's configuration as it stands in its file; a key that stands twice is refused."""
    try:
        document: Config = config.parse(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise ConfigError(f"{path}: {error}") from error
    return document


def write_config_to_json(stage_config: Config, path: str | Path) -> None:
    """Write a stage's configuration, whole or not at all."""
    config.write({Path(path): json.dumps(stage_config, indent=2, ensure_ascii=False) + "\n"})
