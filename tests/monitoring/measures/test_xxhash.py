"""xxHash64 against Spark 3.3.4's `xxhash64(text)` (seed 42), recorded."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.measures.xxhash import FEW, xxhash64

SPARK = {
    "": -7444071767201028348,
    "a": -8582455328737087284,
    "ab": 2710560539726725091,
    "hello": -4367754540140381902,
    "New Mexico": 4813150606730596427,
    "é": 2065146811275570100,
    "日本語": -619341062884681239,
    "0.1255551427602768": -4911653090951074948,
    "x" * 31: -1716462135722163746,
    "x" * 32: 1299777543150008824,
    "x" * 33: -2751654916054470392,
    "abc" * 40: -3290025256036289945,
}


def test_hashes_are_sparks():
    hashes = xxhash64(pa.array(list(SPARK))).view(np.int64).tolist()
    assert dict(zip(SPARK, hashes, strict=True)) == SPARK


@given(st.lists(st.text(max_size=80)), st.data())
def test_a_text_hashes_alike_in_any_company(texts, data):
    whole = xxhash64(pa.array(texts, pa.string()))
    alone = [xxhash64(pa.array([text]))[0] for text in texts]
    assert whole.tolist() == alone
    assert xxhash64(pa.array(texts * FEW, pa.string())).tolist() == alone * FEW
    start = data.draw(st.integers(0, len(texts)))
    assert xxhash64(pa.array(texts, pa.string())[start:]).tolist() == alone[start:]


def test_long_texts_are_hashed_a_few_at_a_time():
    texts = ["a" * 2**20, "b" * 2**20, "a" * 2**20, "c" * 2**20]
    hashes = xxhash64(pa.array(texts)).tolist()
    assert hashes[0] == hashes[2]
    assert len(set(hashes)) == 3


@pytest.mark.parametrize("texts", [[], ["", ""]])
def test_nothing_to_hash_is_no_error(texts):
    assert len(xxhash64(pa.array(texts, pa.string()))) == len(texts)
