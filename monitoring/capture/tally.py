"""What became of everything that was read: counts, the first problems, the verdict.

Needs     every line, record and row to be counted once, where its fate is decided
Gives     `Counts` for the report, and CaptureError when too much was left out

Only what is *wrong* is faulty. A record of another hour, a repeated one, or a header row
is counted and left out too, but says nothing against the rest of the window.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field

from monitoring.capture.lines import Flaw
from monitoring.errors import CaptureError

FAULTY_SHARE = 0.01
"""More faulty records than this, and the hour cannot be evaluated."""
MOST_PROBLEMS = 20
FAULTS = (
    "malformed",
    "oversize",
    "unreadable",
    "undecodable",
    "unpaired",
    "misshapen",
    "unprocessed",
)


@dataclass(slots=True)
class Counts:
    """How much of what; complete only when the last batch is out."""

    files: int = 0
    records: int = 0
    """Lines that are not blank, whatever became of them."""
    rows: int = 0
    """Rows handed to the monitor. A record may hold several."""
    blank: int = 0
    late: int = 0
    """Records of the window that lay in a later hour's file; they are evaluated."""
    early: int = 0
    """Records before the window: another window's."""
    beyond: int = 0
    """Records at the window's end or after it: another window's."""
    skewed: int = 0
    """Records more than a day off the window: somebody's clock is wrong."""
    duplicates: int = 0
    """Records read before, or sent again by their client."""
    header_rows: int = 0
    """Rows that hold column names instead of values."""
    mixed_types: int = 0
    """Records whose input and output were captured in different encodings."""
    no_input: int = 0
    no_output: int = 0
    no_label: int = 0
    """Records whose truth is not known, where it is needed."""
    extra_fields: int = 0
    """Records with JSON fields the first records lack; those fields are left out."""
    dropped: int = 0
    """Records that the user's script left out on purpose."""
    mended: int = 0
    """Cells that held half a character, now the replacement character."""
    malformed: int = 0
    """Lines that are no capture event."""
    oversize: int = 0
    unreadable: int = 0
    """Files that break off, or unpack to too much."""
    undecodable: int = 0
    """Records whose payload is not what its content type says."""
    unpaired: int = 0
    """Records that answer another number of rows than were sent."""
    misshapen: int = 0
    """Records with another number of columns than most."""
    unprocessed: int = 0
    """Records of which the user's script made no rows, but an error."""

    @property
    def faulty(self) -> int:
        """Records left out because something is wrong with them."""
        return sum(getattr(self, name) for name in FAULTS)

    @property
    def considered(self) -> int:
        """Records this window answers for: neither another window's nor repeated."""
        return self.records - self.early - self.beyond - self.skewed - self.duplicates

    def add(self, name: str, number: int = 1) -> None:
        """Count by a counter's name."""
        setattr(self, name, getattr(self, name) + number)

    def as_dict(self) -> dict[str, int]:
        """Every count by its name."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Problem:
    """One faulty record: where it is and why. Never what it says."""

    file: str
    line: int
    cause: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.cause}"


@dataclass(slots=True)
class Tally:
    """The books of one reading."""

    counts: Counts = field(default_factory=Counts)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def note(self, file: str, line: int, flaw: Flaw) -> None:
        """Count a flaw, and remember the first of them by place."""
        self.counts.add(flaw.count)
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(Problem(file, line, flaw.cause))

    def warn_once(self, counter: str, warning: str) -> None:
        """Count something, and say the first time what it means."""
        if not getattr(self.counts, counter):
            self.warnings.append(warning)
        self.counts.add(counter)

    def judge(self, faulty_share: float) -> None:
        """Raise CaptureError when more than this share of the window is faulty."""
        counts = self.counts
        if counts.faulty <= faulty_share * counts.considered:
            return
        causes = Counter({name: getattr(counts, name) for name in FAULTS})
        named = ", ".join(f"{number} {name}" for name, number in causes.most_common() if number)
        places = "; ".join(map(str, self.problems[:3]))
        raise CaptureError(
            f"{counts.faulty} of {counts.considered} captured records are faulty ({named}): more "
            f"than {faulty_share:.0%}, so the others do not stand for the window. First: {places}"
        )
