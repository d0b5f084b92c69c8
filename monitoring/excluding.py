"""`ExcludeFeaturesAttribute`: columns that are in the data, and are not looked at.

Needs     the attribute's text; for a check, the baseline's columns in their order
Gives     batches and a baseline without those columns

Captured CSV has no names: its columns stand where the baseline's stand. A column is therefore
taken out of both sides, and by the place it has in the *whole* baseline.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from monitoring.documents import Documents
from monitoring.errors import UsageError
from monitoring.monitors.alignment import by_position
from monitoring.monitors.base import Batch, Mode


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Columns by name, or by place where no column has that name."""

    columns: tuple[str, ...]
    known: tuple[str, ...] = ()
    """The baseline's columns; none where there is no baseline yet."""

    @classmethod
    def of(cls, text: str) -> Self | None:
        """From the attribute: names with commas between them (the form is UNCONFIRMED).

        >>> Exclusion.of("zip, phone").columns, Exclusion.of(" ")
        (('zip', 'phone'), None)
        """
        columns = tuple(dict.fromkeys(filter(None, map(str.strip, text.split(",")))))
        return cls(columns) if columns else None

    def beside(self, baseline: Documents) -> tuple[Self, Documents]:
        """This exclusion for data checked with a baseline, and the baseline without them."""
        known = tuple(
            dict.fromkeys(
                str(entry["name"])
                for document in baseline.values()
                for entry in _features(document)
                if "name" in entry
            )
        )
        excluded = self._among(known)
        return replace(self, known=known), {
            name: _without(document, excluded) for name, document in baseline.items()
        }

    def applied(self, batches: Iterable[Batch], mode: Mode) -> Iterator[Batch]:
        """The batches without the columns; raises UsageError when there is no such column."""
        keep: tuple[int, ...] | None = None
        names: tuple[str, ...] = ()
        for batch in batches:
            if keep is None:
                names = self._named(tuple(batch.schema.names), mode)
                excluded = self._among(self.known or names)
                keep = tuple(at for at, name in enumerate(names) if name not in excluded)
            kept = batch.select(list(keep))
            yield kept.rename_columns([names[at] for at in keep])

    def _named(self, data: tuple[str, ...], mode: Mode) -> tuple[str, ...]:
        """The data's columns under the baseline's names, where they go by position."""
        if not self.known or not (mode == "compat" or by_position(data, self.known)):
            return data
        # Columns past the baseline's keep a name by place: what is extra stays extra.
        return (*self.known[: len(data)], *data[len(self.known) :])

    def _among(self, names: tuple[str, ...]) -> frozenset[str]:
        found = {column: self._one(column, names) for column in self.columns}
        if absent := [column for column, name in found.items() if name is None]:
            raise UsageError(
                f"exclude_features_attribute names {', '.join(repr(c[:60]) for c in absent)}, and "
                "there is no such column, so what you want left out would be monitored. Give "
                "names, with commas between them."
            )
        return frozenset(filter(None, found.values()))

    @staticmethod
    def _one(column: str, names: tuple[str, ...]) -> str | None:
        if column in names:
            return column
        return names[int(column)] if column.isdecimal() and int(column) < len(names) else None


def _features(document: Any) -> list[Mapping[str, Any]]:
    features = document.get("features") if isinstance(document, Mapping) else None
    listed = features if isinstance(features, list) else []
    return [entry for entry in listed if isinstance(entry, Mapping)]


def _without(document: Any, excluded: frozenset[str]) -> Any:
    """A document without some features; one that is none is refused later, by its reader."""
    features = document.get("features") if isinstance(document, Mapping) else None
    if not isinstance(features, list):
        return document
    kept = [e for e in features if not (isinstance(e, Mapping) and e.get("name") in excluded)]
    return {**document, "features": kept}
