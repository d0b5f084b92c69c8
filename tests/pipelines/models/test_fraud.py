"""The fraud example: rare, learnable, and blind to the columns the demo disturbs."""

from __future__ import annotations

import pytest

from pipelines import data
from pipelines.models import fraud
from pipelines.models.fraud import SCHEMA, generate
from serving.model import Predictor


def column(table, name):
    return [row[SCHEMA.names.index(name)] for row in table.rows]


@pytest.mark.parametrize("seed", range(3))
def test_at_most_one_transaction_in_a_hundred_is_fraud(seed):
    table = generate(20_000, seed)
    assert 0.005 <= sum(fraud.MODEL.targets(table)) / len(table) <= 0.01


def test_the_same_seed_gives_the_same_text():
    assert generate(1000, 11) == generate(1000, 11)
    assert generate(1000, 11) != generate(1000, 12)


def test_no_account_is_older_than_its_owner_and_no_device_than_its_account():
    table = generate(5000, 1)
    ages = zip(
        column(table, "customer_age"),
        column(table, "account_age"),
        column(table, "device_age"),
        table.labels,
        strict=True,
    )
    for customer, account, device, label in ages:
        assert 18 <= int(customer) <= 92
        assert int(account) <= (int(customer) - 16) * 365 + 1
        assert label == "1" or int(device) <= int(account)


def disturbed(row):
    """A basket of thirteen more articles, no account age and an app nobody has seen."""
    changed = dict(zip(SCHEMA.names, row, strict=True))
    changed["basket_items"] = str(int(changed["basket_items"]) + 13)
    changed["account_age"] = None
    changed["app_platform"] = "harmonyos"
    return list(changed.values())


def test_the_answers_hardly_move_when_the_demos_columns_go_wrong(build):
    """Were it otherwise, the demo's drift would be found in the answers as well."""
    rows = data.read(build / "data", "traffic", fraud.MODEL).rows
    predictor = Predictor.load(build / "model")
    before = sorted(answer.probability for answer in predictor.predict(rows))
    after = sorted(a.probability for a in predictor.predict([disturbed(row) for row in rows]))
    distance = kolmogorov_smirnov(before, after)
    assert distance < 0.15


def kolmogorov_smirnov(ours, theirs):
    from scipy.stats import ks_2samp

    return ks_2samp(ours, theirs).statistic
