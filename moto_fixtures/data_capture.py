"""Data capture: what went into an endpoint and came out, as JSON lines in S3.

Needs     an endpoint's DataCaptureConfig and each invocation
Writes    {DestinationS3Uri}/{endpoint}/{variant}/yyyy/mm/dd/hh/MM-SS-mmm-{uuid}.jsonl

Events are held until their hour has passed, their file is full, or an execution needs them;
an object is never appended to. Hours are UTC and are those of the invocation.
"""

from __future__ import annotations

import json
import logging
import random
import threading
import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from moto_fixtures.clients import client
from serving.captured import Captured, Payload
from serving.captured import event as written
from serving.captured import name as file_name

FILE_BYTES = 5 * 1024 * 1024
"""A file is closed when it has grown to this size, and the hour goes on in the next one."""
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Invocation:
    """One request to an endpoint and its answer."""

    endpoint: str
    variant: str
    sent: Payload
    answered: Payload
    time: datetime
    inference_id: str | None = None
    custom_attributes: str | None = None


class _File(NamedTuple):
    """What events share when they share an object."""

    destination: str
    kms_key: str | None
    endpoint: str
    variant: str
    hour: datetime


class CaptureBuffer:
    """The events of one account and region that are not in S3 yet."""

    def __init__(self, account_id: str, region_name: str) -> None:
        self._account, self._region = account_id, region_name
        self._lines: dict[_File, list[tuple[datetime, str]]] = defaultdict(list)
        self._bytes: dict[_File, int] = defaultdict(int)
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        """Held until what was taken from the buffer is in S3: nothing is ever in neither."""

    def add(self, config: Mapping[str, Any], invocation: Invocation) -> None:
        """Hold an invocation's event, if the endpoint captures and it falls in the sample."""
        if not config.get("EnableCapture") or not _sampled(config):
            return
        file = _File(
            destination=config["DestinationS3Uri"].rstrip("/"),
            kms_key=config.get("KmsKeyId") or None,
            endpoint=invocation.endpoint,
            variant=invocation.variant,
            hour=invocation.time.replace(minute=0, second=0, microsecond=0),
        )
        line = json.dumps(event(config, invocation), ensure_ascii=False, separators=(",", ":"))
        with self._lock:
            self._lines[file].append((invocation.time, line))
            self._bytes[file] += len(line)
            full = self._bytes[file] >= FILE_BYTES
            passed = [held for held in self._lines if held.hour < file.hour]
        if full or passed:
            with self._writing:
                self._write([file, *passed] if full else passed)

    def flush(self) -> int:
        """Write all that is held; answer the events written. What others write is waited for."""
        with self._writing:
            with self._lock:
                files = list(self._lines)
            return self._write(files)

    def _write(self, files: Collection[_File]) -> int:
        """Put one object per file. A bucket that refuses loses its events, as on AWS (logged)."""
        written = 0
        for file in files:
            with self._lock:
                events = sorted(self._lines.pop(file, []), key=itemgetter(0))
                self._bytes.pop(file, None)
            if not events:
                continue
            try:
                self._put(file, events)
            except ClientError as error:
                log.warning(
                    "data capture of endpoint %s: %d events are lost, %s cannot be written: %s",
                    file.endpoint,
                    len(events),
                    file.destination,
                    error,
                )
            else:
                written += len(events)
        return written

    def _put(self, file: _File, events: list[tuple[datetime, str]]) -> None:
        bucket, _, prefix = file.destination.removeprefix("s3://").partition("/")
        name = file_name(file.endpoint, file.variant, events[0][0])
        encryption = (
            {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": file.kms_key} if file.kms_key else {}
        )
        client("s3", self._region, self._account).put_object(
            Bucket=bucket,
            Key=f"{prefix}/{name}" if prefix else name,
            Body="".join(f"{line}\n" for _, line in events).encode(),
            **encryption,
        )


def event(config: Mapping[str, Any], invocation: Invocation) -> dict[str, Any]:
    """The line of one invocation."""
    modes = {option["CaptureMode"] for option in config["CaptureOptions"]}
    captured = Captured(
        time=invocation.time,
        event_id=str(uuid.uuid4()),
        sent=invocation.sent if modes & {"Input", "InputAndOutput"} else None,
        answered=invocation.answered if modes & {"Output", "InputAndOutput"} else None,
        inference_id=invocation.inference_id,
        custom_attributes=invocation.custom_attributes,
    )
    return written(captured, config.get("CaptureContentTypeHeader", {}))


def _sampled(config: Mapping[str, Any]) -> bool:
    percentage = config["InitialSamplingPercentage"]
    return bool(percentage >= 100 or random.random() * 100 < percentage)  # noqa: S311


def config_summary(config: Mapping[str, Any]) -> dict[str, Any]:
    """The DataCaptureConfig of DescribeEndpoint, which is not the one of its configuration."""
    enabled = bool(config.get("EnableCapture"))
    return {
        "EnableCapture": enabled,
        "CaptureStatus": "Started" if enabled else "Stopped",
        "CurrentSamplingPercentage": config["InitialSamplingPercentage"],
        "DestinationS3Uri": config["DestinationS3Uri"],
        "KmsKeyId": config.get("KmsKeyId", ""),
    }


def flush_all() -> int:
    """Write what every account and region holds; answer the events written."""
    from moto.sagemaker.models import sagemaker_backends

    return sum(
        backend.capture.flush()
        for _, _, backend in list(sagemaker_backends.iter_backends())
        if hasattr(backend, "capture")
    )
