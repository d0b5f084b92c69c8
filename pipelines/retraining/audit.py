"""The audit record: what was decided, by which policy, from which numbers. Only ever added to.

Needs     a folder, a directory or an S3 prefix
Writes    000001.json, 000002.json, …: each whole or not at all, each with the SHA-256 of its
          content and of the record before it

A record that is changed, or taken out of the middle, breaks the chain, and `records` says
where. Of two runs that record at one moment, one fails: the number is taken.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from monitoring.aws.folders import Folder
from monitoring.errors import MonitoringError, StorageError

Record = Mapping[str, Any]
HASH = "sha256"


class AuditError(MonitoringError):
    """The audit records were changed after they were written."""


@dataclass(frozen=True, slots=True)
class Audit:
    """The records of one model's retraining."""

    folder: Folder

    def records(self) -> list[Record]:
        """All of them, oldest first; raises AuditError where the chain is broken."""
        found: list[Record] = []
        for number, name in enumerate(self.folder.names(), 1):
            if name != file_name(number):
                raise AuditError(
                    f"{self.folder}: {name} stands where {file_name(number)} should; a record was "
                    "removed or added. Restore the folder from its versions"
                )
            found.append(self._read(name, found[-1][HASH] if found else ""))
        return found

    def append(self, time: datetime, content: Record) -> Record:
        """Add a record; answers it with its number and hashes. Raises StorageError."""
        before = self.records()
        record: dict[str, Any] = {
            "number": len(before) + 1,
            "previous": before[-1][HASH] if before else "",
            "time": time.astimezone(UTC).isoformat(timespec="seconds"),
            **content,
        }
        record[HASH] = digest(record)
        name = file_name(len(before) + 1)
        text = json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
        if not self.folder.create(name, text.encode()):
            raise StorageError(
                f"{self.folder}/{name}: another run recorded its decision at the same moment, so "
                "this one is not on record. Run again; it will see the other's decision"
            )
        return record

    def _read(self, name: str, previous: str) -> Record:
        try:
            record: dict[str, Any] = json.loads(self.folder.read(name))
            intact = record[HASH] == digest(record) and record["previous"] == previous
        except (ValueError, KeyError, TypeError, AttributeError):
            intact = False
        if not intact:
            raise AuditError(
                f"{self.folder}/{name}: is not as it was written, so no decision can build on it. "
                "Restore it from the folder's versions"
            )
        return record


def file_name(number: int) -> str:
    """A record's file. Names sort as numbers do up to a million.

    >>> file_name(7)
    '000007.json'
    """
    return f"{number:06d}.json"


def digest(content: Record) -> str:
    """The SHA-256 of a document in canonical form, without its own `sha256`.

    >>> digest({"a": 1, "sha256": "…"}) == digest({"a": 1})
    True
    """
    whole = {name: value for name, value in content.items() if name != HASH}
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()
