"""Filters, sort order and pages of a List action, as one row of names.

The List actions of SageMaker differ in nothing but which members they filter by and what
they call their summaries; a `Listing` says that, and answers.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from moto_fixtures.sagemaker.errors import AWSValidationException

Summary = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Listing:
    """One List action: its result member, and how its filters name the summaries' members."""

    result: str
    """The member that holds the summaries."""
    sort: Mapping[str, str]
    """`SortBy` value → summary member; the first is the default."""
    equal: Mapping[str, str] = field(default_factory=dict)
    """Filter by equality: request member → summary member."""
    contains: Mapping[str, str] = field(default_factory=dict)
    """Filter by substring, letter case ignored."""
    times: tuple[str, ...] = ("CreationTime",)
    """Members that have `…Before` and `…After` filters."""
    page_size: int = 10
    descending: bool = True

    def answer(self, summaries: Iterable[Summary], request: Summary) -> dict[str, Any]:
        """The page of summaries a request asks for, with the token of the next."""
        kept = [summary for summary in summaries if self._matches(summary, request)]
        member = self.sort[request.get("SortBy") or next(iter(self.sort))]
        order = request.get("SortOrder")
        kept.sort(
            key=lambda summary: summary[member],
            reverse=order == "Descending" if order else self.descending,
        )
        return page(self.result, kept, request, self.page_size)

    def _matches(self, summary: Summary, request: Summary) -> bool:
        return (
            all(
                request.get(asked) is None or summary.get(member) == request[asked]
                for asked, member in self.equal.items()
            )
            and all(
                request.get(asked) is None or request[asked].lower() in summary[member].lower()
                for asked, member in self.contains.items()
            )
            and all(_within(summary, request, member) for member in self.times)
        )


def _within(summary: Summary, request: Summary, member: str) -> bool:
    after, before = request.get(f"{member}After"), request.get(f"{member}Before")
    moment = _utc(summary[member])
    return (after is None or moment > _utc(after)) and (before is None or moment < _utc(before))


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def page(result: str, items: list[Any], request: Summary, page_size: int) -> dict[str, Any]:
    """One page of a list, and an opaque token when more follows."""
    start = _offset(request.get("NextToken"))
    end = start + (request.get("MaxResults") or page_size)
    answer: dict[str, Any] = {result: items[start:end]}
    if end < len(items):
        answer["NextToken"] = base64.urlsafe_b64encode(str(end).encode()).decode()
    return answer


def _offset(token: str | None) -> int:
    if token is None:
        return 0
    try:
        return int(base64.urlsafe_b64decode(token))
    except (binascii.Error, ValueError) as error:
        raise AWSValidationException(f"Invalid NextToken: {token}") from error
