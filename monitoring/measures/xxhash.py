"""xxHash64 of every string of an arrow column at once: the hash under Spark's HLL++.

Needs     a utf8 array without nulls
Gives     one uint64 per string

Source: the xxHash specification (Yann Collet, XXH64). Strings of one length are hashed
together, word by word; unsigned arithmetic wraps modulo 2**64, which is what it needs.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

SPARK_SEED = 42
_CELLS_AT_ONCE = 2**21
"""Bytes hashed together: a batch of long texts must not be unfolded into memory at once."""

Words = npt.NDArray[np.uint64]

_P1 = np.uint64(0x9E3779B185EBCA87)
_P2 = np.uint64(0xC2B2AE3D27D4EB4F)
_P3 = np.uint64(0x165667B19E3779F9)
_P4 = np.uint64(0x85EBCA77C2B2AE63)
_P5 = np.uint64(0x27D4EB2F165667C5)


def xxhash64(strings: pa.StringArray, seed: int = SPARK_SEED) -> Words:
    """XXH64 of the UTF-8 bytes of each string.

    >>> hex(xxhash64(pa.array(["", "abc"]), seed=0)[1])
    '0x44bc2cf5ad770999'
    """
    offsets, data = text_buffers(strings)
    lengths = np.diff(offsets)
    hashes = np.empty(len(strings), dtype=np.uint64)
    order = np.argsort(lengths, kind="stable")
    bounds = np.flatnonzero(np.diff(lengths[order])) + 1
    for rows in np.split(order, bounds):
        length = int(lengths[rows[0]]) if rows.size else 0
        step = max(_CELLS_AT_ONCE // (length + 1), 1)
        for few in (rows[i : i + step] for i in range(0, rows.size, step)):
            cells = data[offsets[few][:, None] + np.arange(length)]
            hashes[few] = _hash_equally_long(cells.reshape(few.size, length), seed)
    return hashes


def text_buffers(strings: pa.StringArray) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]]:
    """Offsets (one more than there are strings) and bytes behind a utf8 array, as numpy views."""
    _, starts, content = strings.buffers()
    if starts is None or not len(strings):
        return np.zeros(1, dtype=np.int64), np.empty(0, dtype=np.uint8)
    offsets = np.frombuffer(starts, dtype=np.int32, offset=4 * strings.offset)
    data = np.empty(0, np.uint8) if content is None else np.frombuffer(content, dtype=np.uint8)
    return offsets[: len(strings) + 1].astype(np.int64), data


def _hash_equally_long(cells: npt.NDArray[np.uint8], seed: int) -> Words:
    """XXH64 of the rows of a (strings, bytes) matrix."""
    count, length = cells.shape
    start = np.uint64(seed)
    at = 0
    with np.errstate(over="ignore"):
        if length >= 32:
            at = length - length % 32
            digest = _stripes(cells[:, :at], start)
        else:
            digest = np.full(count, start + _P5)
        digest = digest + np.uint64(length)
        while at + 8 <= length:
            digest = _rotate(digest ^ _round(np.uint64(0), _word(cells, at, 8)), 27) * _P1 + _P4
            at += 8
        if at + 4 <= length:
            digest = _rotate(digest ^ (_word(cells, at, 4) * _P1), 23) * _P2 + _P3
            at += 4
        for i in range(at, length):
            digest = _rotate(digest ^ (cells[:, i].astype(np.uint64) * _P5), 11) * _P1
        return _avalanche(digest)


def _stripes(cells: npt.NDArray[np.uint8], seed: np.uint64) -> Words:
    """The four-lane loop over full 32-byte stripes."""
    lanes = np.array([seed + _P1 + _P2, seed + _P2, seed, seed - _P1], dtype=np.uint64)
    words = np.ascontiguousarray(cells).view("<u8").reshape(cells.shape[0], -1, 4)
    state = np.repeat(lanes[None, :], cells.shape[0], axis=0)
    for stripe in range(words.shape[1]):
        state = _round(state, words[:, stripe, :])
    digest = np.asarray(
        _rotate(state[:, 0], 1)
        + _rotate(state[:, 1], 7)
        + _rotate(state[:, 2], 12)
        + _rotate(state[:, 3], 18)
    )
    for lane in range(4):
        digest = (digest ^ _round(np.uint64(0), state[:, lane])) * _P1 + _P4
    return digest


def _word(cells: npt.NDArray[np.uint8], at: int, width: int) -> Words:
    """The little-endian integer at byte `at` of every row."""
    kind = "<u8" if width == 8 else "<u4"
    return np.ascontiguousarray(cells[:, at : at + width]).view(kind)[:, 0].astype(np.uint64)


def _round(state: Words | np.uint64, words: Words) -> Words:
    return _rotate(state + words * _P2, 31) * _P1


def _rotate(words: Words, bits: int) -> Words:
    return (words << np.uint64(bits)) | (words >> np.uint64(64 - bits))


def _avalanche(digest: Words) -> Words:
    digest = (digest ^ (digest >> np.uint64(33))) * _P2
    digest = (digest ^ (digest >> np.uint64(29))) * _P3
    return digest ^ (digest >> np.uint64(32))
