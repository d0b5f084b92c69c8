"""Fraud: is this card transaction someone else's? Made-up data, seeded.

Needs     a number of rows and a seed
Writes    a table of transactions, 0.7 % of them fraudulent

A fraud is drawn from one of three patterns: *card testing* (small amounts at online shops,
minutes apart), *account takeover* (a device never seen before, a large amount) and a *stolen
card* (far from home, many in a day). One in eight resembles its owner's own transactions
and cannot be told from them: a model that finds every fraud has seen the labels.

What a reader may miss: there is no hour of the day among the columns. A monitor compares
an hour of traffic with a baseline of whole weeks, and in every hour that column would have
drifted. Time is there as the time *between* transactions, which any hour has in full.

`account_age`, `basket_items` and `app_platform` say nothing about fraud beyond what the
other columns say. When they go wrong the model's answers hardly move: such drift is found
by watching the inputs, or not at all. The demo disturbs these three. `customer_age` says
nothing of its own either, and that the model treats the old no worse is watched by the
bias monitor.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from pipelines.models.base import Costs, Facet, Limits, Model, Table, categorical, numeric
from serving.schema import Schema

FRAUD_RATE = 0.007
OLDEST = 92
HALF_AROUND_THE_EARTH = 20_040.0
"""km: nowhere is further from home."""
OLDER_CUSTOMERS = tuple(range(61, OLDEST + 1))
"""Years. A model that stops the payments of older customers more often than others' refuses
them service for their age. One customer in eight is that old.

Each age by itself: Clarify reads one number as a threshold only where a column has many
distinct values for its rows, and ages are few. `60` would be the customers aged 60."""

MERCHANTS = {
    # category: (share of ordinary transactions, of card testing, typical amount)
    "grocery": (0.26, 0.02, 32.0),
    "restaurant": (0.17, 0.02, 24.0),
    "fuel": (0.11, 0.02, 48.0),
    "fashion": (0.10, 0.06, 55.0),
    "household": (0.09, 0.06, 60.0),
    "pharmacy": (0.08, 0.02, 18.0),
    "digital": (0.08, 0.55, 12.0),
    "electronics": (0.05, 0.08, 140.0),
    "travel": (0.03, 0.02, 260.0),
    "gaming": (0.03, 0.15, 20.0),
}
ENTRY_MODES = {"contactless": 0.46, "chip": 0.22, "online": 0.28, "magstripe": 0.04}
PLATFORMS = {"android": 0.52, "ios": 0.37, "web": 0.11}

SCHEMA = Schema(
    (
        numeric("amount", "currency", "What is to be paid.", at_least=0.01),
        numeric("minutes_since_last", "minutes", "Since the card's last transaction.", at_least=0),
        numeric(
            "transactions_24h", "", "The card's transactions in the last 24 hours.", at_least=0
        ),
        numeric(
            "distance_from_home",
            "km",
            "From the customer's address to the shop.",
            at_least=0,
            at_most=HALF_AROUND_THE_EARTH,
        ),
        numeric("account_age", "days", "Since the account was opened.", at_least=0),
        numeric("device_age", "days", "Since this device first paid with the card.", at_least=0),
        numeric("customer_age", "years", "Of the cardholder.", at_least=16, at_most=120),
        numeric("basket_items", "", "Articles in the basket, as the shop sends it.", at_least=1),
        categorical("merchant_category", "What the shop sells.", MERCHANTS),
        categorical("entry_mode", "How the card was read.", ENTRY_MODES),
        categorical("app_platform", "Where the cardholder runs the bank's app.", PLATFORMS),
    )
)

PATTERNS = {"ordinary-looking": 0.125, "testing": 0.30, "takeover": 0.325, "stolen": 0.25}
"""The share of frauds drawn from each pattern."""

Values = Mapping[str, np.ndarray]


def generate(rows: int, seed: int) -> Table:
    """`rows` transactions in random order. The same seed gives the same text.

    >>> table = generate(2000, seed=7)
    >>> len(table), table == generate(2000, seed=7), table == generate(2000, seed=8)
    (2000, True, False)
    >>> dict(zip(SCHEMA.names, generate(1, seed=1).rows[0]))["app_platform"] in PLATFORMS
    True
    """
    rng = np.random.default_rng(seed)
    fraud = rng.random(rows) < FRAUD_RATE
    values = _ordinary(rng, rows)
    pattern = rng.choice(list(PATTERNS), rows, p=list(PATTERNS.values()))
    for name, draw in (("testing", _testing), ("takeover", _takeover), ("stolen", _stolen)):
        chosen = np.flatnonzero(fraud & (pattern == name))
        for column, drawn in draw(rng, len(chosen)).items():
            values[column][chosen] = drawn
    columns = [_text(values[name]) for name in SCHEMA.names]
    return Table(
        [list(row) for row in zip(*columns, strict=True)],
        [str(int(flag)) for flag in fraud],
    )


def _ordinary(rng: np.random.Generator, rows: int) -> dict[str, np.ndarray]:
    """What cardholders do themselves."""
    shares, _, typical = (np.array(column) for column in zip(*MERCHANTS.values(), strict=True))
    shop = rng.choice(len(MERCHANTS), rows, p=shares)
    age = np.clip(rng.gamma(7.0, 4.4, rows) + 16, 18, OLDEST).astype(int)
    account = np.minimum(rng.gamma(1.6, 1300.0, rows), (age - 16) * 365.0).astype(int) + 1
    return {
        "amount": _money(typical[shop] * rng.lognormal(0.0, 0.7, rows)),
        "minutes_since_last": rng.lognormal(6.4, 1.3, rows).astype(int) + 1,
        "transactions_24h": rng.poisson(1.9, rows),
        "distance_from_home": _kilometres(rng.lognormal(1.8, 1.4, rows)),
        "account_age": account,
        "device_age": np.minimum(rng.gamma(1.3, 320.0, rows), account).astype(int),
        "customer_age": age,
        "basket_items": rng.negative_binomial(2.0, 0.28, rows) + 1,
        "merchant_category": np.array(list(MERCHANTS), dtype=object)[shop],
        "entry_mode": _choice(rng, ENTRY_MODES, rows),
        "app_platform": _choice(rng, PLATFORMS, rows),
    }


def _testing(rng: np.random.Generator, rows: int) -> Values:
    """Stolen numbers tried out one after another."""
    tested = {name: testing for name, (_, testing, _) in MERCHANTS.items()}
    return {
        "amount": _money(rng.lognormal(0.9, 0.6, rows)),
        "minutes_since_last": rng.geometric(0.25, rows),
        "transactions_24h": rng.poisson(9.0, rows) + 2,
        "merchant_category": _choice(rng, tested, rows),
        "entry_mode": _choice(rng, {"online": 0.97, "magstripe": 0.03}, rows),
        "device_age": np.where(rng.random(rows) < 0.8, 0, rng.integers(0, 40, rows)),
    }


def _takeover(rng: np.random.Generator, rows: int) -> Values:
    """Someone else's device in the customer's account."""
    return {
        "amount": _money(rng.lognormal(5.9, 0.7, rows)),
        "device_age": np.where(rng.random(rows) < 0.9, 0, rng.integers(0, 4, rows)),
        "minutes_since_last": rng.lognormal(4.3, 1.4, rows).astype(int) + 1,
        "merchant_category": _choice(
            rng, {"electronics": 0.55, "travel": 0.2, "fashion": 0.15, "gaming": 0.1}, rows
        ),
        "entry_mode": _choice(rng, {"online": 0.93, "contactless": 0.07}, rows),
    }


def _stolen(rng: np.random.Generator, rows: int) -> Values:
    """The card itself, used until it is blocked."""
    return {
        "amount": _money(rng.lognormal(4.4, 0.8, rows)),
        "minutes_since_last": rng.lognormal(3.0, 0.9, rows).astype(int) + 1,
        "transactions_24h": rng.poisson(7.0, rows) + 1,
        "distance_from_home": _kilometres(rng.lognormal(5.2, 1.0, rows)),
        "entry_mode": _choice(rng, {"contactless": 0.5, "magstripe": 0.4, "chip": 0.1}, rows),
    }


def _choice(rng: np.random.Generator, shares: Mapping[str, float], rows: int) -> np.ndarray:
    values = np.array(list(shares), dtype=object)
    chosen: np.ndarray = rng.choice(values, rows, p=list(shares.values()))
    return chosen


def _money(amounts: np.ndarray) -> np.ndarray:
    rounded: np.ndarray = np.round(np.maximum(amounts, 0.5), 2)
    return rounded


def _kilometres(distances: np.ndarray) -> np.ndarray:
    return np.round(distances, 1)


def _text(values: np.ndarray) -> list[str]:
    """Each value as text: whole numbers without a point, others always with one."""
    return [str(value) for value in values.tolist()]


MODEL = Model(
    name="fraud",
    schema=SCHEMA,
    label="is_fraud",
    positive="1",
    facets=(Facet("customer_age", OLDER_CUSTOMERS),),
    favourable=0,
    costs=Costs(false_positive=25.0, false_negative=110.0),
    capacity=0.01,
    segments=("merchant_category", "entry_mode", "customer_age"),
    limits=Limits(
        min_auc=0.80,
        min_precision_at_capacity=0.25,
        max_calibration_error=0.01,
        max_overfitting=0.10,
        max_relative_cost=0.90,
    ),
    source=f"made up by {__name__}: card transactions, {FRAUD_RATE:.1%} of them fraudulent",
    generate=generate,
)
