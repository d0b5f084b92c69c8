"""Capture files → slices of whole lines that remember whose they are.

Needs     a directory of capture files, or the files themselves
Gives     one `Slice` after the other, of about the size asked for: a part of a large file,
          or many small ones together

An endpoint writes a file every few minutes or every few requests. What is done once a slice
must cost the same for a thousand files as for one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from monitoring.capture.lines import RUN_BYTES, Flaw, Line, Run, capture_files, read_runs
from monitoring.capture.records import when
from monitoring.capture.tally import Counts


class Origin(NamedTuple):
    """Where lines come from."""

    file: str
    """Its path below the directory that is read, else its name."""
    written: datetime | None
    """The hour in that path."""


class Part(NamedTuple):
    """The lines of one file that stand together in a slice."""

    origin: Origin
    number: int
    """Of the first line in its file, counted from 1."""
    start: int
    """Of the first line in the slice's bytes."""


class Located(NamedTuple):
    """A line, and where it comes from."""

    origin: Origin
    line: Line


@dataclass(slots=True)
class Slice:
    """Whole lines, each with its end; or no bytes, and what is wrong instead."""

    data: bytearray = field(default_factory=bytearray)
    parts: list[Part] = field(default_factory=list)
    flaw: Flaw | None = None

    def lines(self) -> Iterator[Located]:
        """The lines one by one."""
        ends = [part.start for part in self.parts[1:]] + [len(self.data)]
        for part, end in zip(self.parts, ends, strict=True):
            run = Run(part.number, self.data[part.start : end], self.flaw)
            for line in run.lines():
                yield Located(part.origin, line)

    def after(self, lines: int) -> Slice:
        """What is left when so many lines are done."""
        end = 0
        for _ in range(lines):
            end = self.data.index(b"\n", end) + 1
        here = [part for part in self.parts if part.start <= end]
        passed = self.data.count(b"\n", here[-1].start, end)
        rest = [part._replace(start=part.start - end) for part in self.parts[len(here) :]]
        return Slice(self.data[end:], [Part(here[-1].origin, here[-1].number + passed, 0), *rest])


def read_slices(
    source: Path | Iterable[Path], counts: Counts, slice_bytes: int = RUN_BYTES
) -> Iterator[Slice]:
    """All lines in the order of their files; raises CaptureError when `source` is missing."""
    root = source if isinstance(source, Path) and source.is_dir() else None
    held = Slice()
    for path in capture_files(source):
        file = path.relative_to(root).as_posix() if root else path.name
        origin = Origin(file, _hour_of(file))
        counts.files += 1
        for run in read_runs(path, slice_bytes):
            if held.parts and (run.flaw or len(held.data) + len(run.data) > slice_bytes):
                yield held
                held = Slice()
            held.parts.append(Part(origin, run.number, len(held.data)))
            if run.flaw is None and held.data:
                held.data += run.data
            else:
                held.data, held.flaw = run.data, run.flaw
            if held.flaw or len(held.data) >= slice_bytes // 2:
                yield held
                held = Slice()
    if held.parts:
        yield held


def _hour_of(file: str) -> datetime | None:
    """The hour a capture file was written, from its path `…/yyyy/mm/dd/hh/…`."""
    found = re.search(r"(?:^|/)(\d{4})/(\d\d)/(\d\d)/(\d\d)/[^/]*$", file)
    try:
        return when("{}-{}-{}T{}:00:00".format(*found.groups())) if found else None
    except ValueError:
        return None
