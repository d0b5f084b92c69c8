"""A batch transform job: S3 objects through a model, one `.out` for each.

Needs     CreateTransformJob's request; a model that the serving app loads
Writes    {S3OutputPath}/{name}.out per object; manifests for data capture; its logs

The model is served in this process as behind an endpoint: requests in turn, whatever
MaxConcurrentTransforms says. A request that the model refuses fails the job, and what
was transformed before stays.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from botocore.exceptions import ClientError
from moto.core.utils import utcnow

from moto_fixtures import hosting
from moto_fixtures.clients import client
from moto_fixtures.hosting import ModelHost
from moto_fixtures.jobs import records
from moto_fixtures.jobs.background import JobError, Outcome
from moto_fixtures.jobs.downloads import Found, Source, objects, read, split
from moto_fixtures.jobs.jsonpath import PathError
from moto_fixtures.jobs.logs import Log
from moto_fixtures.jobs.records import Form, Processing
from moto_fixtures.sagemaker.backend import Backend
from moto_fixtures.sagemaker.errors import AWSValidationException, NotSimulatedError
from moto_fixtures.sagemaker.models import resolved

GROUP = "/aws/sagemaker/TransformJobs"
DEFAULT_PAYLOAD = 6
MOST_AT_ONCE = 100
"""MB of all requests in flight together, as the service allows."""
MEGABYTE = 1024**2
DEFAULT_TYPE = "application/octet-stream"
SPLITS = ("None", "Line")
CLIENT, ALGORITHM = "ClientError", "AlgorithmError"
IN_THE_LOG = "See job logs for more information"


class TransformJob(Protocol):
    """What running one needs to know of a job."""

    name: str
    request: dict[str, Any]
    backend: Backend
    region: str
    account: str
    stopping: Any
    created: Any


def check(request: Mapping[str, Any]) -> None:
    """Refuse what would not run, before anything is made."""
    given = request["TransformInput"]
    if "S3DataSource" not in given["DataSource"]:
        raise NotSimulatedError("A transform input that is not of S3 (S3DataSource)")
    if given["DataSource"]["S3DataSource"]["S3DataType"] not in ("S3Prefix", "ManifestFile"):
        raise NotSimulatedError("S3DataType AugmentedManifestFile of a transform input")
    if given.get("SplitType", "None") not in SPLITS:
        raise NotSimulatedError(f"SplitType {given['SplitType']} of a transform input")
    payload = request.get("MaxPayloadInMB", DEFAULT_PAYLOAD)
    if payload * (request.get("MaxConcurrentTransforms") or 1) > MOST_AT_ONCE:
        raise AWSValidationException(
            "MaxConcurrentTransforms * MaxPayloadInMB must not exceed "
            f"{MOST_AT_ONCE} MB; lower one of them."
        )
    config = request.get("DataProcessing", {})
    try:
        processing = Processing.of(config)
    except PathError as error:
        raise AWSValidationException(f"DataProcessing: {error}") from error
    takes_apart = processing.is_needed or not processing.before.is_whole
    if takes_apart and not Form(given.get("ContentType", DEFAULT_TYPE)).is_known:
        raise AWSValidationException(
            "DataProcessing needs records of text/csv, application/json or application/jsonlines; "
            f"ContentType is {given.get('ContentType')!r}."
        )


def carry_out(job: TransformJob) -> Outcome:
    """Run a job to its end."""
    run = _Run(job)
    given = job.request["TransformInput"]
    source = Source.of(
        {
            **given["DataSource"]["S3DataSource"],
            "S3CompressionType": given.get("CompressionType", "None"),
        }
    )
    try:
        found = objects(run.s3, source)
        host = _host(job, run.log)
        for one in found:
            body = read(run.s3, one, source.compression)
            lines = run.transformed(host, body)
            if job.stopping.is_set():
                return Outcome("Stopped")
            run.put(f"{run.output}/{one.name}.out", lines)
        run.capture(found)
    finally:
        run.log.flush()
    return Outcome()


def _host(job: TransformJob, log: Log) -> ModelHost:
    model = job.backend.describe_model(job.request["ModelName"])
    container = resolved(job.backend, model.container)
    try:
        return hosting.host(container, job.region, job.account)
    except hosting.ModelLoadError as error:
        log.write(str(error))
        raise JobError(f"{ALGORITHM}: {IN_THE_LOG}") from error


class _Run:
    """One job's way of reading and writing."""

    def __init__(self, job: TransformJob) -> None:
        request, self.job = job.request, job
        self.s3 = client("s3", job.region, job.account)
        stream = f"{job.name}/i-{uuid.uuid4().hex[:17]}/data-log"
        self.log = Log(GROUP, stream, job.region, job.account)
        given, wanted = request["TransformInput"], request["TransformOutput"]
        self.split_type = given.get("SplitType", "None")
        self.sent = Form(given.get("ContentType", DEFAULT_TYPE))
        self.headers = {"Content-Type": self.sent.content_type}
        if wanted.get("Accept"):
            self.headers["Accept"] = wanted["Accept"]
        self.output = wanted["S3OutputPath"].rstrip("/")
        self.key = wanted.get("KmsKeyId")
        self.by_line = wanted.get("AssembleWith", "None") == "Line"
        self.processing = Processing.of(request.get("DataProcessing", {}))
        self.strategy = request.get("BatchStrategy", "MultiRecord")
        self.most = request.get("MaxPayloadInMB", DEFAULT_PAYLOAD) * MEGABYTE
        self.captures: Mapping[str, Any] = request.get("DataCaptureConfig", {})

    def transformed(self, host: ModelHost, body: bytes) -> bytes:
        """A file's content, answered by the model."""
        parts = []
        for batch in records.batches(
            records.split(body, self.split_type), self.strategy, self.most
        ):
            if self.job.stopping.is_set():
                break
            parts.append(self._answered(host, batch))
        return b"".join(parts)

    def put(self, uri: str, body: bytes) -> None:
        """Store an object; raises JobError when it cannot be."""
        bucket, key = split(uri)
        encryption = (
            {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": self.key} if self.key else {}
        )
        try:
            self.s3.put_object(Bucket=bucket, Key=key, Body=body, **encryption)
        except ClientError as error:
            raise JobError(f"{CLIENT}: Failed to upload {uri}: {error}") from error

    def capture(self, found: list[Found]) -> None:
        """Lists of what was read and what was written, for a monitor of batch jobs."""
        destination = self.captures.get("DestinationS3Uri", "").rstrip("/")
        if not destination or not found:
            return
        read_below = f"s3://{found[0].bucket}/{found[0].key.removesuffix(found[0].name)}"
        lists = {
            "input": [{"prefix": read_below}, *(one.name for one in found)],
            "output": [{"prefix": f"{self.output}/"}, *(f"{one.name}.out" for one in found)],
        }
        hour = f"{utcnow():%Y/%m/%d/%H}"
        for side, listed in lists.items():
            uri = f"{destination}/{side}/{hour}/{self.job.name}.json"
            self.put(uri, json.dumps(listed).encode())

    def _answered(self, host: ModelHost, batch: list[bytes]) -> bytes:
        """One request: what the model says to a batch, taken apart where that is asked for."""
        body = b"\n".join(self.processing.sent(record, self.sent) for record in batch)
        answer = host.invoke(body, self.headers)
        if answer.status != 200:
            said = answer.body.decode("utf-8", "replace")
            self.log.write(f"Bad HTTP status returned from invoke: {answer.status}\n{said}")
            side = CLIENT if answer.status < 500 else ALGORITHM
            raise JobError(f"{side}: {IN_THE_LOG}")
        if not (self.processing.is_needed or self.captures.get("GenerateInferenceId")):
            ends = self.by_line and not answer.body.endswith(b"\n")
            return answer.body + (b"\n" if ends else b"")
        lines = list(self._taken_apart(batch, answer.body, Form(answer.content_type)))
        return b"".join(line + b"\n" for line in lines) if self.by_line else b"".join(lines)

    def _taken_apart(self, batch: list[bytes], body: bytes, got: Form) -> Iterator[bytes]:
        """The output's record for each of a batch."""
        answers = [body] if len(batch) == 1 else records.split(body, "Line")
        if len(answers) != len(batch):
            raise JobError(
                f"{CLIENT}: the model answered {len(answers)} records to {len(batch)}; which "
                "belongs to which is unknown. Use BatchStrategy SingleRecord."
            )
        for record, answer in zip(batch, answers, strict=True):
            value = self.processing.kept(record, answer.strip(), self.sent, got)
            if self.captures.get("GenerateInferenceId"):
                began = f"{self.job.created:%Y-%m-%dT%H:%M:%SZ}"
                value = records.identified(value, str(uuid.uuid4()), began, got)
            yield got.written(value)
