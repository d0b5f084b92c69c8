"""Inference ids that were answered: the latest of them, in a memory that does not grow.

Needs     an id and the request it came with
Gives     whether that request was answered before, or the id was used for another one
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from enum import Enum

MOST = 200_000
"""Ids held by default: some 40 MB."""


class Met(Enum):
    """What is known of an id and its request."""

    NEVER = "never"
    SAME = "the same request was answered"
    OTHER = "the id was used for another request"


class SeenIds:
    """The ids answered last; beyond `most` the oldest are forgotten.

    >>> seen = SeenIds(most=1)
    >>> seen.remember("tx-1", b"a")
    >>> seen.met("tx-1", b"a"), seen.met("tx-1", b"b"), seen.met("tx-2", b"a")
    (<Met.SAME: 'the same request was answered'>, <Met.OTHER: 'the id was used for another \
request'>, <Met.NEVER: 'never'>)
    >>> seen.remember("tx-2", b"a")
    >>> seen.met("tx-1", b"a"), len(seen)
    (<Met.NEVER: 'never'>, 1)
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._requests: OrderedDict[str, bytes] = OrderedDict()

    def __len__(self) -> int:
        return len(self._requests)

    def met(self, inference_id: str, request: bytes) -> Met:
        """Whether this request was answered under this id."""
        known = self._requests.get(inference_id)
        if known is None:
            return Met.NEVER
        return Met.SAME if known == _digest(request) else Met.OTHER

    def remember(self, inference_id: str, request: bytes) -> None:
        """The request was answered."""
        self._requests[inference_id] = _digest(request)
        self._requests.move_to_end(inference_id)
        if len(self._requests) > self._most:
            self._requests.popitem(last=False)


def _digest(request: bytes) -> bytes:
    return hashlib.blake2b(request, digest_size=16).digest()
