"""Audit records are added, never changed; and a change does not go unnoticed."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from monitoring.aws.clients import Aws
from monitoring.aws.folders import LocalFolder, folder
from monitoring.errors import StorageError
from pipelines.retraining.audit import Audit, AuditError, digest

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)


@pytest.fixture
def audit(tmp_path):
    found = Audit(LocalFolder(tmp_path))
    for outcome in ("not due", "rejected", "registered"):
        found.append(NOW, {"outcome": outcome})
    return found


def test_records_are_read_as_they_were_added(audit):
    assert [record["outcome"] for record in audit.records()] == [
        "not due",
        "rejected",
        "registered",
    ]
    assert [record["number"] for record in audit.records()] == [1, 2, 3]
    assert [record["previous"] for record in audit.records()[1:]] == [
        record["sha256"] for record in audit.records()[:-1]
    ]


def changed(path, **changes):
    record = {**json.loads(path.read_text()), **changes}
    path.write_text(json.dumps(record))


def test_a_changed_record_is_found(audit, tmp_path):
    changed(tmp_path / "000002.json", outcome="registered")
    with pytest.raises(AuditError, match=r"000002\.json: is not as it was written"):
        audit.records()


def test_a_record_whose_hash_was_made_anew_breaks_the_chain_behind_it(audit, tmp_path):
    record = {**json.loads((tmp_path / "000002.json").read_text()), "outcome": "registered"}
    changed(tmp_path / "000002.json", outcome="registered", sha256=digest(record))
    with pytest.raises(AuditError, match=r"000003\.json"):
        audit.records()


def test_a_record_that_was_taken_out_is_missed(audit, tmp_path):
    (tmp_path / "000002.json").unlink()
    with pytest.raises(AuditError, match=r"000003\.json stands where 000002\.json should"):
        audit.append(NOW, {"outcome": "not due"})


def test_a_record_that_is_no_json_is_found(audit, tmp_path):
    (tmp_path / "000003.json").write_text("[1")
    with pytest.raises(AuditError):
        audit.records()


class Rival(LocalFolder):
    """Another run that records first, between our reading and our writing."""

    def create(self, name, content):
        LocalFolder(self.path).create(name, b"{}")
        return LocalFolder(self.path).create(name, content)


def test_of_two_runs_at_one_moment_one_fails(tmp_path):
    with pytest.raises(StorageError, match="another run recorded its decision"):
        Audit(Rival(tmp_path)).append(NOW, {"outcome": "not due"})


def test_records_are_kept_in_s3_too(session):
    session.client("s3").create_bucket(Bucket="audit-bucket")
    audit = Audit(folder("s3://audit-bucket/credit", Aws(session)))
    audit.append(NOW, {"outcome": "not due"})
    audit.append(NOW, {"outcome": "not due"})
    assert len(audit.records()) == 2
