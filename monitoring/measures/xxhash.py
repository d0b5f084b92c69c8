"""xxHash64 of every string of an arrow column at once: the hash under Spark's HLL++.

Needs     a utf8 array without nulls
Gives     one uint64 per string

Source: the xxHash specification (Yann Collet, XXH64). Strings of one length are hashed
together, word by word; unsigned arithmetic wraps modulo 2**64, which is what it needs.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from monitoring.measures.cells import Cells

SPARK_SEED = 42
FEW = 8
"""Long strings of one length that are hashed one by one."""

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
    offsets, data = Cells.of(strings)
    lengths = np.diff(offsets)
    hashes = np.empty(len(strings), dtype=np.uint64)
    if not lengths.size:
        return hashes
    narrow = np.uint16 if lengths.max() < 2**16 else np.int64  # numpy sorts 16 bits by radix
    order = np.argsort(lengths.astype(narrow), kind="stable")
    bounds = np.flatnonzero(np.diff(lengths[order])) + 1
    for rows in np.split(order, bounds):
        length = int(lengths[rows[0]])
        hashes[rows] = _hash_equally_long(data, offsets[rows], length, seed)
    return hashes


def _hash_equally_long(
    data: npt.NDArray[np.uint8], starts: npt.NDArray[np.int64], length: int, seed: int
) -> Words:
    """XXH64 of the strings of `length` bytes that begin at `starts`."""
    start = np.uint64(seed)
    at = 0
    with np.errstate(over="ignore"):
        if length >= 32:
            at = length - length % 32
            digest = _stripes(data, starts, at, start)
        else:
            digest = np.full(starts.size, start + _P5)
        digest = digest + np.uint64(length)
        while at + 8 <= length:
            digest = _rotate(digest ^ _round(np.uint64(0), _word(data, starts + at, 8)), 27)
            digest = digest * _P1 + _P4
            at += 8
        if at + 4 <= length:
            digest = _rotate(digest ^ (_word(data, starts + at, 4) * _P1), 23) * _P2 + _P3
            at += 4
        for i in range(at, length):
            digest = _rotate(digest ^ (data[starts + i].astype(np.uint64) * _P5), 11) * _P1
        return _avalanche(digest)


def _stripes(
    data: npt.NDArray[np.uint8], starts: npt.NDArray[np.int64], length: int, seed: np.uint64
) -> Words:
    """The four lanes over full 32-byte stripes, `length` bytes of each string."""
    begins = (seed + _P1 + _P2, seed + _P2, seed, seed - _P1)
    if starts.size < FEW:
        ends = [_lanes_of_one(data[start : start + length], begins) for start in starts.tolist()]
        lanes = list(np.array(ends, dtype=np.uint64).reshape(-1, 4).T)
    else:
        lanes = [np.full(starts.size, lane) for lane in begins]
        for at in range(0, length, 8):
            lane = at // 8 % 4
            lanes[lane] = _round(lanes[lane], _word(data, starts + at, 8))
    digest = sum(map(_rotate, lanes, (1, 7, 12, 18)), np.zeros(starts.size, dtype=np.uint64))
    for state in lanes:
        digest = (digest ^ _round(np.uint64(0), state)) * _P1 + _P4
    return digest


def _lanes_of_one(data: npt.NDArray[np.uint8], begins: Sequence[np.uint64]) -> list[int]:
    """The lanes of a single string, which may be long: integers cost less than small arrays."""
    first, second, most = int(_P1), int(_P2), 2**64 - 1
    words = np.frombuffer(data.tobytes(), dtype="<u8").reshape(-1, 4)
    lanes = []
    for begin, lane_words in zip(begins, words.T.tolist(), strict=True):
        state = int(begin)
        for word in lane_words:
            state = (state + word * second) & most
            state = ((state << 31 | state >> 33) & most) * first & most
        lanes.append(state)
    return lanes


def _word(data: npt.NDArray[np.uint8], positions: npt.NDArray[np.int64], width: int) -> Words:
    """The little-endian integer of `width` bytes at each position, aligned or not."""
    words = np.ndarray(data.size - width + 1, f"<u{width}", data, strides=(1,))
    return words[positions].astype(np.uint64)


def _round(state: Words | np.uint64, words: Words) -> Words:
    return _rotate(state + words * _P2, 31) * _P1


def _rotate(words: Words, bits: int) -> Words:
    return (words << np.uint64(bits)) | (words >> np.uint64(64 - bits))


def _avalanche(digest: Words) -> Words:
    digest = (digest ^ (digest >> np.uint64(33))) * _P2
    digest = (digest ^ (digest >> np.uint64(29))) * _P3
    return digest ^ (digest >> np.uint64(32))
