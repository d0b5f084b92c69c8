"""A data set → parts of whole files, each of which can be read where the others are not.

Needs     a directory of files that are read as one data set
Gives     `Part`s of about equal size, in the order in which one pass reads the files

A file is never cut: a quoted cell may hold a line's end, and a file of captured traffic is
small. One large table is therefore one part; give it as several files.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from monitoring.capture.lines import capture_files
from monitoring.capture.seen import Keys
from monitoring.datasets import Dataset
from monitoring.tables import table_files


@dataclass(frozen=True, slots=True)
class Part:
    """Some files of a directory, by their paths in it."""

    root: Path
    files: tuple[str, ...]
    known: Keys | None = field(default=None, compare=False)
    """Events of files before these that come again in these, and are not to count again."""

    @contextmanager
    def directory(self) -> Iterator[Path]:
        """A directory that holds these files alone, where the whole has them.

        A file's path in the data set is data: captured traffic has its hour there.
        """
        with TemporaryDirectory(prefix="monitor-part-") as scratch:
            for file in self.files:
                link = Path(scratch, file)
                link.parent.mkdir(parents=True, exist_ok=True)
                link.symlink_to(self.root / file)
            yield Path(scratch)


def files_of(dataset: Dataset) -> tuple[str, ...]:
    """The files of a directory that one pass would read, in its order; none of a single file."""
    if not dataset.path.is_dir():
        return ()
    listed = table_files(dataset.path) if dataset.is_table else capture_files(dataset.path)
    return tuple(path.relative_to(dataset.path).as_posix() for path in listed)


def split(dataset: Dataset, number: int) -> tuple[Part, ...]:
    """At most `number` parts, together the whole data set; fewer where there are fewer files."""
    root = dataset.path.resolve()
    files = files_of(dataset)
    if not files:
        return ()
    sizes = [(root / file).stat().st_size for file in files]
    runs = even_runs(sizes, min(number, len(files)))
    return tuple(Part(root, files[run.start : run.stop]) for run in runs)


def even_runs(sizes: Sequence[int], number: int) -> tuple[range, ...]:
    """Cut a sequence into at most `number` runs of about the same total, none of them empty.

    >>> even_runs([4, 1, 1, 1, 1], 2)
    (range(0, 2), range(2, 5))
    >>> even_runs([0, 0], 3)
    (range(0, 1), range(1, 2))
    """
    weights = [size + 1 for size in sizes]  # an empty file still has to be opened
    total, reached = sum(weights), 0
    place = []
    for weight in weights:
        place.append((2 * reached + weight) * number // (2 * total))
        reached += weight
    starts = [at for at, run in enumerate(place) if not at or run != place[at - 1]]
    return tuple(range(*ends) for ends in zip(starts, [*starts[1:], len(sizes)], strict=True))
