"""A processing job: S3 in, a command or our analyzer per host, S3 out.

Needs     CreateProcessingJob's request, an image that runs here
Writes    the outputs' S3 prefixes; the log of each host; the job's exit message

Hosts run one after the other, each with its own file system and its share of what is sharded;
what all of them left is published at the end. An output uploaded `Continuous`ly is there
though the job failed; one uploaded at the `EndOfJob` is not (UNCONFIRMED for jobs that fail).
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from moto_fixtures.jobs import address, clarify, container, images
from moto_fixtures.jobs.background import OVERRAN, Background, JobError, Outcome
from moto_fixtures.jobs.container import Container, Exit
from moto_fixtures.jobs.downloads import Host
from moto_fixtures.jobs.logs import Log
from moto_fixtures.sagemaker.errors import AWSValidationException, NotSimulatedError
from moto_fixtures.staging import Staging
from moto_fixtures.worker import LOG, STOPPED, Job

DEFAULT_MAX_RUNTIME = 86_400
GROUP = "/aws/sagemaker/ProcessingJobs"
FAILED = "AlgorithmError: See job logs for more information"
"""The reason the service gives when a container exits with another code than 0."""
UPLOADED_AS_IT_GOES = "Continuous"


def check(request: Mapping[str, Any]) -> None:
    """Refuse what would not run, before anything is made."""
    app = request["AppSpecification"]
    image = images.image(app["ImageUri"])
    if not (image.is_analyzer or image.command or app.get("ContainerEntrypoint")):
        raise AWSValidationException(
            f"The image {app['ImageUri']} runs a script, and AppSpecification names none: give "
            "its ContainerEntrypoint."
        )
    for one in request.get("ProcessingInputs", ()):
        source = one.get("S3Input")
        if source is None:
            raise NotSimulatedError(f"DatasetDefinition of processing input {one['InputName']!r}")
        if source.get("S3InputMode", "File") != "File":
            raise NotSimulatedError("S3InputMode Pipe of a processing input")
    for one in request.get("ProcessingOutputConfig", {}).get("Outputs", ()):
        if "S3Output" not in one:
            raise NotSimulatedError(
                f"FeatureStoreOutput of processing output {one['OutputName']!r}"
            )


def carry_out(job: Background) -> tuple[Outcome, str]:
    """Run a job to its end; answer how it ended, and its exit message."""
    request = job.request
    cluster = request["ProcessingResources"]["ClusterConfig"]
    limit = request.get("StoppingCondition", {}).get("MaxRuntimeInSeconds", DEFAULT_MAX_RUNTIME)
    until = time.monotonic() + limit
    hosts: list[Staging] = []
    message, outcome = "", Outcome()
    try:
        for host in Host.all_of(cluster["InstanceCount"]):
            root = Path(tempfile.mkdtemp(prefix="offline-job-")).resolve()
            hosts.append(staging := Staging(root, job.region, job.account))
            staging.fetch(request, job.arn, host)
            ended = _run(job, staging, host, until - time.monotonic())
            message = staging.message() or message
            outcome = _outcome(ended)
            if outcome.status != "Completed":
                break
        _publish(request, hosts, outcome)
    finally:
        for staging in hosts:
            container.remove(staging.root)
    return outcome, message


def processing_log(job: Background, host: Host) -> Log:
    """The log of one host of a processing job."""
    stream = f"{job.name}/{host.name}-{int(job.created.timestamp())}"
    return Log(GROUP, stream, job.region, job.account)


def _run(job: Background, staging: Staging, host: Host, seconds: float) -> Exit:
    app, log = job.request["AppSpecification"], processing_log(job, host)
    image = images.image(app["ImageUri"])
    if image.is_analyzer and not (image.search and "ContainerEntrypoint" in app):
        return _analyze(job, staging, log, seconds)
    entry = image.command or tuple(app["ContainerEntrypoint"])
    command = [*entry, *app.get("ContainerArguments", ())]
    isolated = _is_isolated(job.request)
    variables = {
        **address.variables(job.request["RoleArn"], job.region, job.account, is_isolated=isolated),
        "PROCESSING_JOB_NAME": job.name,
        "PROCESSING_JOB_ARN": job.arn,
        **job.request.get("Environment", {}),
    }
    run = Container(staging.root, command, variables, search=image.search)
    return container.run(run, log, job.stopping, seconds)


def _analyze(job: Background, staging: Staging, log: Log, seconds: float) -> Exit:
    """The container's real entry point, in a warm process as the executions of schedules."""
    from moto_fixtures.running import workers

    environment = {**clarify.variables(job.request, staging), **job.request.get("Environment", {})}
    (ended,) = workers().run(
        [
            Job(
                environment,
                staging.root,
                max(0.0, seconds),
                job.region,
                job.account,
                _is_isolated(job.request),
                job.stopping,
            )
        ]
    )
    printed = staging.root / LOG
    for line in printed.read_text().splitlines() if printed.is_file() else ():
        log.write(line.replace(str(staging.root), ""))
    if message := staging.message():
        log.write(message)
    log.flush()
    if ended.exit_code is None:
        if ended.error == STOPPED:
            return Exit(None, "Stopped")
        if ended.error.startswith(OVERRAN):
            return Exit(None, OVERRAN)
        raise JobError(f"InternalServerError: {ended.error}")
    return Exit(ended.exit_code)


def _outcome(ended: Exit) -> Outcome:
    if ended.why:
        reason = f"{OVERRAN}: the job had its time." if ended.why == OVERRAN else None
        return Outcome("Stopped", reason)
    return Outcome() if ended.code == 0 else Outcome("Failed", FAILED)


def _publish(request: Mapping[str, Any], hosts: list[Staging], outcome: Outcome) -> None:
    """What the hosts left: all of it, or what is uploaded as it goes when the job failed."""
    config = request.get("ProcessingOutputConfig", {})
    for output in _s3_outputs(config):
        if outcome.status == "Completed" or output.get("S3UploadMode") == UPLOADED_AS_IT_GOES:
            for staging in hosts:
                staging.publish(output, config.get("KmsKeyId"))


def _s3_outputs(config: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for one in config.get("Outputs", ()):
        yield one["S3Output"]


def _is_isolated(request: Mapping[str, Any]) -> bool:
    return bool(request.get("NetworkConfig", {}).get("EnableNetworkIsolation"))
