"""A label that was acknowledged is kept, once; what contradicts it is kept apart."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from monitoring.aws.clients import Aws
from monitoring.aws.folders import folder
from monitoring.capture.ground_truth import GroundTruth
from monitoring.errors import DocumentError, StorageError
from serving.feedback_store import FeedbackStore, Opinion, Outcome

NOW = datetime(2026, 3, 1, 23, 59, 58, tzinfo=UTC)


class Ticking:
    """A clock that goes on by an hour whenever it is read."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self):
        self.now += timedelta(hours=1)
        return self.now


@pytest.fixture(params=["local", "s3"])
def place(request, session, tmp_path):
    if request.param == "local":
        return folder(str(tmp_path / "feedback"), Aws(session))
    session.client("s3").create_bucket(Bucket="feedback")
    return folder("s3://feedback/fraud", Aws(session))


@pytest.fixture
def store(place):
    return FeedbackStore(place, place.private(), lambda: NOW)


def labels(place):
    """Inference ids and labels, as a monitor reads them."""
    with place.brought(lambda name: name.startswith("ground-truth/")) as here:
        truth = GroundTruth.read(here / "ground-truth")
    return dict(zip(truth.ids.to_pylist(), truth.data.to_pylist(), strict=True))


def test_a_label_is_stored_where_and_as_sagemaker_looks_for_it(store, place):
    assert store.add(Opinion("tx-1", "1")) is Outcome.STORED
    (name,) = [name for name in place.names() if name.startswith("ground-truth/")]
    assert name.startswith("ground-truth/2026/03/01/23/59-58-")
    assert json.loads(place.read(name)) == {
        "groundTruthData": {"data": "1", "encoding": "CSV"},
        "eventMetadata": {"eventId": "tx-1"},
        "eventVersion": "0",
    }
    assert labels(place) == {b"tx-1": b"1"}


def test_the_same_label_again_changes_nothing_however_late(place):
    store = FeedbackStore(place, place.private(), Ticking())
    store.add(Opinion("tx-1", "1"))
    before = {name: place.read(name) for name in place.names()}
    assert store.add(Opinion("tx-1", "1")) is Outcome.KNOWN
    assert {name: place.read(name) for name in place.names()} == before


def test_a_label_that_contradicts_the_first_is_recorded_and_kept_out(store, place):
    store.add(Opinion("tx-1", "1"))
    assert store.add(Opinion("tx-1", "0")) is Outcome.CONFLICT
    assert store.add(Opinion("tx-1", "0")) is Outcome.CONFLICT
    assert labels(place) == {b"tx-1": b"1"}
    assert store.summary() == {"received": 1, "disputed": 0, "comments": 0, "conflicts": 1}


def test_comments_and_disputes_are_kept_beside_the_labels_and_counted(store, place):
    store.add(Opinion("tx-1", "1", comment="I never was there", disputed=True))
    store.add(Opinion("tx-1", "1", comment="I never was there", disputed=True))
    store.add(Opinion("tx-1", "1", comment="ask my wife"))
    store.add(Opinion("tx-2", "0", disputed=True))
    assert store.summary() == {"received": 2, "disputed": 2, "comments": 2, "conflicts": 0}
    for name in place.names():
        assert (b"wife" in place.read(name)) <= name.startswith("comments/")


def test_only_the_owner_reads_what_somebody_wrote(tmp_path, session):
    place = folder(str(tmp_path), Aws(session))
    FeedbackStore(place, place.private(), lambda: NOW).add(Opinion("tx-1", "1", "said", True))
    modes = {
        path.relative_to(tmp_path).parts[0]: path.stat().st_mode & 0o077
        for path in tmp_path.rglob("*.json*")
    }
    assert modes.pop("ground-truth") != 0
    assert modes == {"received": 0, "comments": 0, "disputed": 0}


def test_of_two_first_labels_at_once_one_is_stored(place):
    store = FeedbackStore(place, place.private(), lambda: NOW)
    opinions = [Opinion("tx-1", str(at % 2)) for at in range(8)]
    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(store.add, opinions))
    (first,) = [each for each, came in zip(opinions, outcomes, strict=True) if came == "stored"]
    assert labels(place) == {b"tx-1": first.label.encode()}
    for opinion, outcome in zip(opinions, outcomes, strict=True):
        assert (outcome is Outcome.CONFLICT) == (opinion.label != first.label)


class Dying:
    """A folder whose process dies when it has created so many files."""

    def __init__(self, place, files):
        self.place, self.left = place, files

    def create(self, name, content):
        if not self.left:
            raise KeyboardInterrupt
        self.left -= 1
        return self.place.create(name, content)

    def read(self, name):
        return self.place.read(name)


@pytest.mark.parametrize("files", range(4))
def test_a_second_try_finishes_what_a_killed_worker_began(place, files):
    opinion = Opinion("tx-1", "1", comment="said", disputed=True)
    dying = Dying(place, files)
    with pytest.raises(KeyboardInterrupt):
        FeedbackStore(dying, dying, lambda: NOW).add(opinion)
    later = FeedbackStore(place, place.private(), Ticking())
    assert later.add(opinion) is (Outcome.KNOWN if files else Outcome.STORED)
    assert labels(place) == {b"tx-1": b"1"}
    assert later.summary() == {"received": 1, "disputed": 1, "comments": 1, "conflicts": 0}


def test_an_inference_id_cannot_choose_a_path(store, place, tmp_path):
    store.add(Opinion("../../../etc/passwd", "1"))
    assert labels(place) == {b"../../../etc/passwd": b"1"}
    assert not [name for name in place.names() if ".." in name]


def test_what_cannot_be_kept_is_not_acknowledged(tmp_path, session):
    (tmp_path / "received").write_text("a file where the directory belongs")
    place = folder(str(tmp_path), Aws(session))
    with pytest.raises(StorageError, match="received"):
        FeedbackStore(place, place, lambda: NOW).add(Opinion("tx-1", "1"))


def test_a_record_that_somebody_spoilt_is_named(store, place):
    store.add(Opinion("tx-1", "1"))
    (name,) = [name for name in place.names() if name.startswith("received/")]
    place.replace(name, b"{")
    with pytest.raises(DocumentError, match=name):
        store.add(Opinion("tx-1", "1"))
