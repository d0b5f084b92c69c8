"""The hosts of one processing job: each leaves a share, and a later step concludes from all.

Needs     /opt/ml/config/resourceconfig.json, which names the hosts; inputs sharded among them
Writes    partials/{host}.state in the job's output

The hosts of a job do not wait for each other here: with InstanceCount above 1 a job ends
without a verdict, and the step that merges has it. Inputs must be ShardedByS3Key: a file
that two hosts read would count twice, so it is refused.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any

from monitoring.capture import Window, read_coverage
from monitoring.compute.gathering import repeated
from monitoring.compute.parts import files_of
from monitoring.compute.processes import HASH_SEED
from monitoring.compute.saving import load, save
from monitoring.compute.work import Partial, Work
from monitoring.documents import Documents
from monitoring.errors import CaptureError, DocumentError, MonitoringError, NoDataError
from monitoring.monitors.base import Mode
from monitoring.monitors.computed_baseline import kept

RESOURCES = Path("opt/ml/config/resourceconfig.json")
PARTIALS = "partials"
SUFFIX = ".state"


@dataclass(frozen=True, slots=True)
class Hosts:
    """The hosts of this job, and which of them this is."""

    current: str = "algo-1"
    names: tuple[str, ...] = ("algo-1",)

    @classmethod
    def read(cls, root: Path) -> Hosts:
        """As SageMaker writes them; one host where it writes nothing (a laptop)."""
        path = root / RESOURCES
        if not path.is_file():
            return cls()
        try:
            found = json.loads(path.read_bytes())
            return cls(str(found["current_host"]), tuple(map(str, found["hosts"])))
        except (ValueError, KeyError, TypeError):
            raise MonitoringError(
                f"{path}: does not name current_host and hosts, so it is unknown which part of "
                "the data this is. SageMaker writes the file; was it replaced?"
            ) from None


@dataclass(frozen=True, slots=True)
class Share:
    """What one host found, and all that is needed to conclude from it and its like."""

    host: str
    hosts: tuple[str, ...]
    kind: str
    mode: Mode
    window: Window | None
    faulty_share: float
    baseline: str
    """Fingerprint of the documents it is to be compared with; "" where a baseline is made."""
    files: tuple[str, ...]
    partial: Partial

    @property
    def analysis(self) -> tuple[object, ...]:
        """What the shares of one analysis have in common."""
        return self.hosts, self.kind, self.mode, self.window, self.faulty_share, self.baseline

    def __str__(self) -> str:
        """What the job says at its end: no verdict."""
        return (
            f"Partial: {self.host} of {len(self.hosts)} hosts read {len(self.files):,} files and "
            "left its share. Nothing is concluded yet: run the step with partials_source."
        )


def leave(work: Work, hosts: Hosts, output: Path) -> Share:
    """Read this host's part of the data, and write its share; raises MonitoringError.

    A host without a file has an empty share: with more hosts than files that is no fault.
    """
    lacks_rows = work.computes_baseline and kept(work.baseline or {}) is None
    if lacks_rows or not work.can_be_split:
        raise MonitoringError(
            f"{len(hosts.names)} instances: labels that are joined in the same job, a script, "
            "local SHAP values, SHAP's baseline where it is not given, or a model that is started "
            "for the job need all the data in one place. Merge the labels first, give "
            "shap.baseline, or set the instance count to 1."
        )
    work = work.settled()
    dataset = work.dataset
    dataset.path.mkdir(parents=True, exist_ok=True)
    files = files_of(dataset) if any(dataset.path.iterdir()) else ()
    partial = work.over(files)
    if not work.reads_columns:
        partial = replace(partial, coverage=read_coverage(dataset.path))
    share = Share(
        hosts.current,
        hosts.names,
        work.monitor.kind.slug,
        work.mode,
        dataset.window,
        dataset.faulty_share,
        fingerprint(work.baseline),
        files,
        partial,
    )
    save(share, output / PARTIALS / f"{hosts.current}{SUFFIX}")
    return share


def merged_from(directory: Path, work: Work) -> Partial:
    """What the hosts of a job found together, for the same analysis as theirs.

    Raises what `shares` and `merged` do.
    """
    parts = shares(directory)
    own = (work.monitor.kind.slug, work.mode, fingerprint(work.baseline))
    theirs = parts[0]
    if own != (theirs.kind, theirs.mode, theirs.baseline):
        raise DocumentError(
            f"{directory}: the hosts worked for {theirs.kind} in mode {theirs.mode}, and this step "
            f"is for {own[0]} in mode {own[1]}, or for another baseline. Give both the same."
        )
    return merged(parts)


def shares(directory: Path) -> tuple[Share, ...]:
    """The shares of all hosts of one job, in the job's order of hosts.

    Raises NoDataError without any, DocumentError when they do not belong together or one is
    missing.
    """
    paths = sorted(directory.rglob(f"*{SUFFIX}"))
    found = {path.stem: _share(path) for path in paths}
    if not found:
        raise NoDataError(
            f"NO_DATA: {directory} holds no partial state (*{SUFFIX}), so nothing was evaluated. "
            f"The hosts of a job write them to {PARTIALS}/ of its output."
        )
    first = next(iter(found.values()))
    if len({share.analysis for share in found.values()}) > 1:
        raise DocumentError(
            f"{directory}: holds partial states of different jobs (other hosts, monitor, mode, "
            "window or baseline). Together they say nothing; give one job's output alone."
        )
    missing = [name for name in first.hosts if name not in found]
    if missing:
        raise DocumentError(
            f"{directory}: the partial states of {', '.join(missing)} are missing, of "
            f"{len(first.hosts)} hosts. The others do not stand for all the data; run the job "
            "again."
        )
    return tuple(found[name] for name in first.hosts)


def merged(parts: Sequence[Share]) -> Partial:
    """What all hosts found, judged as a whole; raises CaptureError."""
    times = Counter(file for share in parts for file in share.files)
    twice = [file for file, number in times.items() if number > 1]
    if twice:
        raise CaptureError(
            f"{len(twice)} of {len(times)} files were read by more than one host ({twice[0]} is "
            "one), so their rows count more than once. Set S3DataDistributionType of the input to "
            "ShardedByS3Key."
        )
    found = (share.partial for share in parts if share.partial.columns)
    if len({(partial.columns, partial.layouts) for partial in found}) > 1:
        raise CaptureError(
            "the hosts read different columns, and which are meant only all the data can tell. "
            "Run it on one instance."
        )
    total: Partial = reduce(add, (share.partial for share in parts))
    if total.books is not None:
        total.books.judge(parts[0].faulty_share)
        books = replace(total.books, warnings=(*total.books.warnings, *_twice(parts)))
        total = replace(total, books=books)
    return total


def _twice(parts: Sequence[Share]) -> Iterator[str]:
    """What a reader must know of events in files of two hosts: nobody can read them again."""
    partials = [share.partial for share in parts]
    if len({partial.hashing for partial in partials}) > 1:
        yield (
            "whether events were read by two hosts is not known; give all hosts the same "
            f"{HASH_SEED} to have them counted"
        )
    elif events := sum(keys.size for keys in repeated(partials).values()):
        yield f"{events:,} events were read by two hosts, and count twice"


def fingerprint(documents: Documents | None) -> str:
    """A digest of a baseline's documents, whatever the order of their keys.

    >>> fingerprint({"a.json": {"x": 1, "y": 2}}) == fingerprint({"a.json": {"y": 2, "x": 1}})
    True
    """
    if not documents:
        return ""
    return hashlib.sha256(json.dumps(documents, sort_keys=True).encode()).hexdigest()


def _share(path: Path) -> Share:
    found: Any = load(path)
    if not isinstance(found, Share) or found.host != path.stem:
        raise DocumentError(
            f"{path}: is not the share of the host it is named after. Give the output of one job "
            "as its hosts wrote it."
        )
    return found
