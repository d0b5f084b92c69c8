"""A training job: channels in, the user's script, model.tar.gz out.

Needs     CreateTrainingJob's request, an image that runs here
Writes    {S3OutputPath}/{job}/output/model.tar.gz and output.tar.gz; its log; its metrics

What is left in /opt/ml/model is kept when the job completed, and when it was stopped, for
which it has two minutes. One host: several would wait for each other over a network.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from botocore.exceptions import ClientError

from moto_fixtures.jobs import address, archives, container, images, toolkit
from moto_fixtures.jobs.background import OVERRAN, JobError, Outcome
from moto_fixtures.jobs.container import Container, Exit
from moto_fixtures.jobs.downloads import Found, Host, Source, StagingError, download, read, split
from moto_fixtures.jobs.logs import Log
from moto_fixtures.jobs.metrics import Metrics
from moto_fixtures.jobs.toolkit import CODE, CONFIG, INPUT, MODEL, OUTPUT, Script
from moto_fixtures.sagemaker.backend import Backend
from moto_fixtures.sagemaker.errors import AWSValidationException, NotSimulatedError
from moto_fixtures.staging import Staging

GROUP = "/aws/sagemaker/TrainingJobs"
DEFAULT_MAX_RUNTIME = 86_400
LONGEST_REASON = 1024
CHECKPOINTS = "/opt/ml/checkpoints"
FILE_MODES = ("File", "FastFile")


class TrainingJob(Protocol):
    """What running one needs to know of a job."""

    name: str
    arn: str
    request: dict[str, Any]
    backend: Backend
    region: str
    account: str
    stopping: Any
    metrics: Metrics

    def pass_to(self, secondary_status: str) -> None:
        """Say what it does now."""

    def log(self) -> Log:
        """Where its lines go."""


def check(request: Mapping[str, Any]) -> None:
    """Refuse what would not run, before anything is made."""
    algorithm = request.get("AlgorithmSpecification", {})
    if "TrainingImage" not in algorithm:
        raise NotSimulatedError("A training job without AlgorithmSpecification.TrainingImage")
    image = images.image(algorithm["TrainingImage"])
    entry = algorithm.get("ContainerEntrypoint")
    if image.is_analyzer and not image.train:
        raise AWSValidationException(f"The image {algorithm['TrainingImage']} trains nothing.")
    script = Script.of(request.get("HyperParameters", {}))
    if not (image.command or image.train or entry or script):
        raise NotSimulatedError(
            f"The algorithm within the image {algorithm['TrainingImage']}",
            f"Give a script: the hyperparameters {toolkit.PROGRAM} and {toolkit.SUBMITTED}.",
        )
    resources = request.get("ResourceConfig", {})
    if resources.get("InstanceGroups") or resources.get("InstanceCount", 1) > 1:
        raise NotSimulatedError("Training on several instances")
    if algorithm["TrainingInputMode"] not in FILE_MODES:
        raise NotSimulatedError("TrainingInputMode Pipe")
    for channel in request.get("InputDataConfig", ()):
        _check_channel(channel)


def _check_channel(channel: Mapping[str, Any]) -> None:
    name, source = channel["ChannelName"], channel["DataSource"].get("S3DataSource")
    if source is None:
        raise NotSimulatedError(f"Channel {name!r}, which is not of S3 (S3DataSource),")
    if source["S3DataType"] not in ("S3Prefix", "ManifestFile"):
        raise NotSimulatedError(f"S3DataType {source['S3DataType']} of channel {name!r}")
    if channel.get("InputMode", "File") not in FILE_MODES:
        raise NotSimulatedError(f"InputMode Pipe of channel {name!r}")
    for member in ("RecordWrapperType", "ShuffleConfig"):
        if channel.get(member, "None") != "None":
            raise NotSimulatedError(f"{member} of channel {name!r}")


def carry_out(job: TrainingJob) -> Outcome:
    """Run a job to its end."""
    root = Path(tempfile.mkdtemp(prefix="offline-job-")).resolve()
    staging, log = Staging(root, job.region, job.account), job.log()
    try:
        job.pass_to("Downloading")
        channels = _lay_out(job, staging)
        run = _container(job, staging, channels)
        job.pass_to("Training")
        limit = job.request.get("StoppingCondition", {}).get("MaxRuntimeInSeconds")
        ended = _check_requirements(job, staging, log) or container.run(
            run, log, job.stopping, limit or DEFAULT_MAX_RUNTIME
        )
        job.metrics.publish(job.name, job.region, job.account)
        if ended.why or ended.code == 0:
            job.pass_to("Uploading")
            _publish(job, staging)
        _keep_checkpoints(job, staging)
        return _outcome(job, staging, run, ended, log)
    finally:
        container.remove(root)


def _lay_out(job: TrainingJob, staging: Staging) -> dict[str, Any]:
    """/opt/ml as a training container finds it; answer inputdataconfig.json."""
    request, channels = job.request, {}
    for path in (MODEL, CODE, f"{OUTPUT}/data", f"{INPUT}/data"):
        staging.local(path).mkdir(parents=True)
    for channel in request.get("InputDataConfig", ()):
        source = channel["DataSource"]["S3DataSource"]
        given = {**source, "S3CompressionType": channel.get("CompressionType", "None")}
        directory = staging.local(f"{INPUT}/data/{channel['ChannelName']}")
        download(staging.s3, Source.of(given), directory)
        mode = request["AlgorithmSpecification"]["TrainingInputMode"]
        channels[channel["ChannelName"]] = {
            "TrainingInputMode": channel.get("InputMode", mode),
            "S3DistributionType": source.get("S3DataDistributionType", "FullyReplicated"),
            "RecordWrapperType": "None",
            **{name: channel[name] for name in ("ContentType",) if name in channel},
        }
    staging.write_json(f"{CONFIG}/hyperparameters.json", request.get("HyperParameters", {}))
    staging.write_json(f"{CONFIG}/inputdataconfig.json", channels)
    staging.write_json(f"{CONFIG}/resourceconfig.json", _resources(request))
    if checkpoints := request.get("CheckpointConfig"):
        directory = staging.local(checkpoints.get("LocalPath", CHECKPOINTS))
        download(staging.s3, Source(checkpoints["S3Uri"], is_hour=True), directory)
    return channels


def _resources(request: Mapping[str, Any]) -> dict[str, Any]:
    host, kind = Host(), request.get("ResourceConfig", {}).get("InstanceType", "")
    group = {
        "instance_group_name": "homogeneousCluster",
        "instance_type": kind,
        "hosts": list(host.names),
    }
    return {
        "current_host": host.name,
        "current_instance_type": kind,
        "current_group_name": "homogeneousCluster",
        "hosts": list(host.names),
        "instance_groups": [group],
        "network_interface_name": "eth0",
    }


def _container(job: TrainingJob, staging: Staging, channels: Mapping[str, Any]) -> Container:
    """The command of the image's kind: its own, the request's, or the script's."""
    request, algorithm = job.request, job.request["AlgorithmSpecification"]
    isolated = bool(request.get("EnableNetworkIsolation"))
    told = {
        **address.variables(request["RoleArn"], job.region, job.account, is_isolated=isolated),
        "TRAINING_JOB_NAME": job.name,
        "TRAINING_JOB_ARN": job.arn,
    }
    given = request.get("Environment", {})
    script = Script.of(request.get("HyperParameters", {}))
    if script is not None:
        _fetch_code(script, staging)
        told |= toolkit.variables(script, channels, _resources(request), job.name)
    image = images.image(algorithm["TrainingImage"])
    entry = algorithm.get("ContainerEntrypoint") or image.command
    if entry:
        command = [*entry, *algorithm.get("ContainerArguments", ["train"])]
    else:
        command = list(image.train) if script is None else script.command
    return Container(staging.root, command, {**told, **given}, CODE, image.search)


def _fetch_code(script: Script, staging: Staging) -> None:
    """The script's archive, in /opt/ml/code."""
    if script.submitted.startswith("s3://"):
        found = Found(*split(script.submitted), "sourcedir.tar.gz")
        archive = read(staging.s3, found)
    elif (path := staging.local(script.submitted)).is_file():
        archive = path.read_bytes()
    else:
        return
    archives.unpack(archive, staging.local(CODE), script.submitted)
    for shell in staging.local(CODE).glob("*.sh"):
        shell.write_text(container.led(staging.root, shell.read_text(encoding="utf-8")))
        shell.chmod(0o755)


def _check_requirements(job: TrainingJob, staging: Staging, log: Log) -> Exit | None:
    """What the toolkit would install has to be there; how the check ended when it is not."""
    wanted = staging.local(f"{CODE}/requirements.txt")
    if not wanted.is_file():
        return None
    command = ["python", "-m", "pip", "install", "-r", str(wanted)]
    ended = container.run(Container(staging.root, command, {}), log, job.stopping, 60)
    return None if ended.code == 0 else ended


def _publish(job: TrainingJob, staging: Staging) -> None:
    """The model and what else it left, packed, where DescribeTrainingJob says."""
    config = job.request["OutputDataConfig"]
    key = config.get("KmsKeyId")
    encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key} if key else {}
    base = f"{config['S3OutputPath'].rstrip('/')}/{job.name}/output"
    for path, name in ((MODEL, "model"), (f"{OUTPUT}/data", "output")):
        directory = staging.local(path)
        if not any(directory.rglob("*")):
            continue
        if config.get("CompressionType") == "NONE":
            staging.publish({"S3Uri": f"{base}/{name}", "LocalPath": path}, key)
            continue
        bucket, prefix = split(base)
        body = archives.pack(directory)
        try:
            staging.s3.put_object(
                Bucket=bucket, Key=f"{prefix}/{name}.tar.gz", Body=body, **encryption
            )
        except ClientError as error:
            raise StagingError(
                f"ClientError: Failed to upload {name}.tar.gz to {base}: {error}"
            ) from error


def _keep_checkpoints(job: TrainingJob, staging: Staging) -> None:
    config = job.request.get("CheckpointConfig")
    if config:
        path = config.get("LocalPath", CHECKPOINTS)
        staging.publish({"S3Uri": config["S3Uri"], "LocalPath": path}, None)


def _outcome(job: TrainingJob, staging: Staging, run: Container, ended: Exit, log: Log) -> Outcome:
    if ended.why:
        job.pass_to(ended.why)
        return Outcome("Stopped")
    if ended.code == 0:
        return Outcome()
    raise JobError(_reason(staging, run, ended, log)[:LONGEST_REASON])


def _reason(staging: Staging, run: Container, ended: Exit, log: Log) -> str:
    """What the container wrote as its failure, or what the toolkit would have."""
    failure = staging.local(f"{OUTPUT}/failure")
    if failure.is_file():
        said = failure.read_text(encoding="utf-8", errors="replace").strip()
        said = said.replace(str(staging.root), "")
    else:
        last = log.last[-1] if log.last else ""
        said = (
            f"ExecuteUserScriptError:\nExitCode {ended.code}\n"
            f'ErrorMessage "{last}"\nCommand "{" ".join(run.command)}"'
        )
    return f"AlgorithmError: {said}, exit code: {ended.code}"


__all__ = ["OVERRAN", "TrainingJob", "carry_out", "check"]
