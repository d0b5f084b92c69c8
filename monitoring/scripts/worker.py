"""What runs in a script's own process: limits, the user's file, and one call per record.

Needs     argv: the script, its handler's name, bytes of memory; records on stdin
Gives     lines of JSON on stdout: {"ready": true} or {"fatal": …}, then a line per record

Standard library only, and nothing of ours: this file is started by its path, under `-I`.
What the script prints, and what it logs, goes to stderr. Of an exception only its type and
its line in the script are told: its text may quote the record.
"""

from __future__ import annotations

import importlib.util
import inspect
import json
import logging
import os
import resource
import sys
import time
import traceback
from collections.abc import Callable, Iterable
from types import ModuleType
from typing import Any, BinaryIO, NamedTuple

FLUSH_BYTES = 1 << 16
FLUSH_SECONDS = 1.0
OUT_OF_MEMORY = b'{"fatal": "memory"}\n'
"""Encoded beforehand: there is no memory left when it is needed."""


class Fatal(Exception):
    """The script cannot be used at all: `what` is a cause that process.py has words for."""

    def __init__(self, what: str, detail: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.detail = detail


class Side(NamedTuple):
    """`endpoint_input` and its like: one payload of a record, named as AWS names it."""

    data: str | None
    encoding: str | None
    observedContentType: str | None
    mode: str | None

    @classmethod
    def of(cls, part: Any) -> Side | None:
        if not isinstance(part, dict):
            return None
        names = ("data", "encoding", "observedContentType", "mode")
        return cls(*(part.get(name) for name in names))


class EventMetadata(NamedTuple):
    """Who a record is, and when it was."""

    event_id: str | None
    event_time: str | None
    custom_attribute: list[str] | None
    inference_id: str | None


class InferenceRecord:
    """The `inference_record` of AWS's handlers: a captured, perhaps merged, event."""

    def __init__(self, event: dict[str, Any]) -> None:
        captured = event.get("captureData") or {}
        metadata = event.get("eventMetadata") or {}
        self.event_dict = event
        self.event_version = event.get("eventVersion")
        self.endpoint_input = Side.of(captured.get("endpointInput"))
        self.endpoint_output = Side.of(captured.get("endpointOutput"))
        self.batch_transform_output = Side.of(captured.get("batchTransformOutput"))
        self.ground_truth = Side.of(event.get("groundTruthData"))
        self.event_metadata = EventMetadata(
            metadata.get("eventId"),
            metadata.get("inferenceTime"),
            metadata.get("customAttributes"),
            metadata.get("inferenceId"),
        )

    def as_dict(self) -> dict[str, Any]:
        """The event as it was captured."""
        return self.event_dict


def limit_memory(size: int) -> None:
    """Hold this process to `size` bytes of address space, and leave no core behind."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    least = size if hard == resource.RLIM_INFINITY else min(size, hard)
    resource.setrlimit(resource.RLIMIT_AS, (least, least))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def load(path: str) -> ModuleType:
    """The script as a module; raises Fatal when it cannot be run."""
    spec = importlib.util.spec_from_file_location("customer_script", path)
    if spec is None or spec.loader is None:
        raise Fatal("load", "it is no Python file (.py)")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except MemoryError:
        raise
    except SyntaxError as error:
        raise Fatal("load", f"SyntaxError at line {error.lineno}") from None
    except ImportError as error:
        raise Fatal("load", f"{error.name or 'a module'} cannot be imported here") from None
    except (Exception, SystemExit) as error:
        raise Fatal("load", told(error, path)) from None
    return module


def handler_of(module: ModuleType, name: str, arguments: int) -> Callable[..., Any]:
    """The handler, called with `arguments` arguments or with a logger after them."""
    handler = getattr(module, name, None)
    if not callable(handler):
        raise Fatal("handler")
    signature = inspect.signature(handler)
    given: tuple[Any, ...] = (None,) * arguments
    logger = logging.getLogger(name)
    for extra in ((logger,), ()) if arguments else ((),):
        try:
            signature.bind(*given, *extra)
        except TypeError:
            continue
        return lambda *record: handler(*record, *extra)
    raise Fatal("signature")


def told(error: BaseException, path: str) -> str:
    """An exception by type and place, without its words.

    >>> told(ValueError("4111-1111"), "clean.py")
    'ValueError'
    """
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename == path
    ]
    return f"{type(error).__name__}{f' at line {lines[-1]} of the script' if lines else ''}"


def answer(handler: Callable[..., Any], line: bytes, path: str) -> bytes:
    """What the handler makes of one record: `{"rows": […]}`, or `{"fault": why}`."""
    try:
        record = json.loads(line)
        made = handler(InferenceRecord(record) if isinstance(record, dict) else record)
        rows = made if isinstance(made, list | tuple) else [made]
        if not all(isinstance(row, dict) and row for row in rows):
            return encoded({"fault": "the handler returned neither a dict nor a list of them"})
        return encoded({"rows": rows})
    except MemoryError:
        raise
    except (Exception, SystemExit) as error:
        return encoded({"fault": told(error, path)})


def encoded(value: Any) -> bytes:
    return json.dumps(value, default=plain).encode() + b"\n"


def plain(value: Any) -> Any:
    """numpy's and pandas' scalars as Python's own; raises TypeError for what is no value."""
    if hasattr(value, "item"):
        return value.item()
    if hasattr(value, "isoformat"):
        return value.isoformat()
    raise TypeError


def answers(lines: Iterable[bytes], reply: BinaryIO, handle: Callable[[bytes], bytes]) -> None:
    """Answer batches: a line with a number, so many records, then so many answers."""
    stream = iter(lines)
    for header in stream:
        # All of a batch is read before it is answered: two full pipes would wait for each other.
        batch = [next(stream) for _ in range(int(header))]
        parts: list[bytes] = []
        size, flushed = 0, time.monotonic()
        for line in batch:
            parts.append(handle(line))
            size += len(parts[-1])
            if size >= FLUSH_BYTES or time.monotonic() - flushed >= FLUSH_SECONDS:
                reply.write(b"".join(parts))
                reply.flush()
                parts, size, flushed = [], 0, time.monotonic()
        reply.write(b"".join(parts))
        reply.flush()


def main(path: str, name: str, memory: str) -> None:
    """Serve one script until stdin ends."""
    records = os.fdopen(os.dup(0), "rb")
    reply = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    preprocesses = name == "preprocess_handler"
    try:
        limit_memory(int(memory))
        handler = handler_of(load(path), name, 1 if preprocesses else 0)
        reply.write(encoded({"ready": True}))
        reply.flush()
        if preprocesses:
            answers(records, reply, lambda line: answer(handler, line, path))
            return
        handler()
        reply.write(encoded({"done": True}))
    except MemoryError:
        reply.write(OUT_OF_MEMORY)
    except Fatal as fatal:
        reply.write(encoded({"fatal": fatal.what, "detail": fatal.detail}))
    except (Exception, SystemExit) as error:
        reply.write(encoded({"fatal": "raised", "detail": told(error, path)}))
    sys.stdout.flush()
    reply.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
