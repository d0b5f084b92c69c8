"""Which format a request is in, and which one its answer must have.

Needs     the request's Content-Type and Accept
Gives     media types, or a refusal: 415 for what cannot be read, 406 for what cannot be written
"""

from __future__ import annotations

from flask import request
from werkzeug.datastructures import MIMEAccept

from serving.payloads import READERS, RequestError

CHARSETS = frozenset({"utf-8", "utf8", "us-ascii"})


def media_type() -> str:
    """The request's media type, without parameters.

    Refuses what is compressed, and other charsets than UTF-8.
    """
    if request.content_encoding not in (None, "identity"):
        raise RequestError("the body is compressed; send it as it is", 415)
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    if charset not in CHARSETS:
        raise RequestError("the body's charset is not UTF-8; send it as UTF-8", 415)
    return request.mimetype


def answer_type(sent: str) -> str:
    """The format to answer a media type in: the best of `Accept`, else the request's own."""
    accept: MIMEAccept = request.accept_mimetypes
    if sent not in READERS:
        return sent
    if not accept or accept.quality(sent) == max(quality for _, quality in accept):
        return sent
    best = accept.best_match(READERS)
    if best is None:
        raise RequestError(f"no acceptable format to answer in: {', '.join(READERS)}", 406)
    return best
