"""Bias in the labels, before any model: Clarify's pre-training metrics.

Needs     Comparison (facets), of which only the actual labels are looked at
Gives     CI, DPL, KL, JS, LP, TVD, KS, CDDL of `pre_training_bias_metrics`

a is the advantaged facet, d the disadvantaged, n the number of rows, q the share of
positive labels. KL, JS, LP, TVD and KS compare the two facets' shares of (negative,
positive) labels; a label that one facet never has is left out of both, as in Clarify, so
two facets with one label each and different ones have no answer at all.
Source: docs.aws.amazon.com/sagemaker/latest/dg/clarify-measure-data-bias.html
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from monitoring.measures.confusion import BinaryCounts
from monitoring.measures.disparity import Split, conditional_disparity, empty_side
from monitoring.measures.facets import Comparison
from monitoring.measures.outcome import Outcome, Uncomputable

NOTHING_SHARED = Uncomputable("the two facets have no label in common")

Floats = npt.NDArray[np.float64]


def class_imbalance(comparison: Comparison) -> Outcome:
    """CI: (n_a - n_d) / (n_a + n_d).

    -1 to 1. Positive: the disadvantaged facet has fewer rows. 0: as many of each.
    Source: clarify-bias-metric-class-imbalance.html

    >>> class_imbalance(Comparison(BinaryCounts(3, 0, 0, 0), BinaryCounts(1, 0, 0, 0)))
    0.5
    """
    if reason := empty_side(comparison):
        return reason
    a, d = comparison.advantaged.total, comparison.disadvantaged.total
    return (a - d) / (a + d)


def difference_in_label_proportions(comparison: Comparison) -> Outcome:
    """DPL: q_a - q_d, the shares of positive labels.

    -1 to 1. Positive: the advantaged facet has positive labels more often. 0: demographic
    parity of the labels.
    Source: clarify-data-bias-metric-true-label-imbalance.html

    >>> difference_in_label_proportions(
    ...     Comparison(BinaryCounts(2, 0, 1, 1), BinaryCounts(1, 0, 0, 3))
    ... )
    0.5
    """
    if reason := empty_side(comparison):
        return reason
    a, d = comparison.advantaged, comparison.disadvantaged
    return a.positives / a.total - d.positives / d.total


def kullback_leibler_divergence(comparison: Comparison) -> Outcome:
    """KL: sum over labels of P_a ln(P_a / P_d), in nats.

    0 to infinity, not symmetric; 0 when the labels are distributed alike. It may come out
    below 0 where a label of one facet only was left out.
    Source: clarify-data-bias-metric-kl-divergence.html

    >>> kullback_leibler_divergence(Comparison(BinaryCounts(1, 0, 0, 1), BinaryCounts(2, 0, 0, 2)))
    0.0
    """
    shares = _shares(comparison)
    return shares if isinstance(shares, Uncomputable) else _divergence(*shares)


def jensen_shannon_divergence(comparison: Comparison) -> Outcome:
    """JS: mean divergence of P_a and P_d from their average, in nats.

    0 to ln 2, symmetric; 0 when the labels are distributed alike.
    Source: clarify-data-bias-metric-jensen-shannon-divergence.html

    >>> jensen_shannon_divergence(Comparison(BinaryCounts(1, 0, 0, 1), BinaryCounts(2, 0, 0, 2)))
    0.0
    """
    shares = _shares(comparison)
    if isinstance(shares, Uncomputable):
        return shares
    a, d = shares
    middle = (a + d) / 2
    return (_divergence(a, middle) + _divergence(d, middle)) / 2


def lp_norm(comparison: Comparison) -> Outcome:
    """LP: the 2-norm of P_a - P_d.

    0 to the square root of 2, symmetric; 0 when the labels are distributed alike.
    Source: clarify-data-bias-metric-lp-norm.html

    >>> lp_norm(Comparison(BinaryCounts(2, 0, 0, 2), BinaryCounts(1, 0, 0, 3)))
    0.3535533905932738
    """
    shares = _shares(comparison)
    if isinstance(shares, Uncomputable):
        return shares
    return float(np.sqrt(np.square(shares[0] - shares[1]).sum()))


def total_variation_distance(comparison: Comparison) -> Outcome:
    """TVD: half the sum of |P_a - P_d|.

    0 to 1, symmetric; 0 when the labels are distributed alike.
    Source: clarify-data-bias-metric-total-variation-distance.html

    >>> total_variation_distance(Comparison(BinaryCounts(2, 0, 0, 2), BinaryCounts(1, 0, 0, 3)))
    0.25
    """
    shares = _shares(comparison)
    if isinstance(shares, Uncomputable):
        return shares
    return float(np.abs(shares[0] - shares[1]).sum() / 2)


def kolmogorov_smirnov_distance(comparison: Comparison) -> Outcome:
    """KS: the largest |P_a - P_d| over the labels.

    0 to 1, symmetric; 0 when the labels are distributed alike. Not the two-sample test of
    numbers that carries the same name: it looks at shares, not at cumulated ones.
    Source: clarify-data-bias-metric-kolmogorov-smirnov.html

    >>> kolmogorov_smirnov_distance(Comparison(BinaryCounts(2, 0, 0, 2), BinaryCounts(1, 0, 0, 3)))
    0.25
    """
    shares = _shares(comparison)
    if isinstance(shares, Uncomputable):
        return shares
    return float(np.abs(shares[0] - shares[1]).max())


def conditional_demographic_disparity_in_labels(comparison: Comparison) -> Outcome:
    """CDDL: d's share of the rejected minus its share of the accepted, averaged over groups.

    -1 to 1, groups weighted by rows. Positive: d is rejected more often than accepted once
    the group variable is held fixed. 0: no disparity on average.
    Source: clarify-data-bias-metric-cddl.html

    >>> inside = (BinaryCounts(3, 0, 0, 1), BinaryCounts(1, 0, 0, 1))
    >>> conditional_demographic_disparity_in_labels(Comparison(*inside, groups=(inside,)))
    0.25
    """
    return conditional_disparity(
        [
            (Split(a.positives, a.negatives), Split(d.positives, d.negatives))
            for a, d in comparison.groups
        ]
    )


def _shares(comparison: Comparison) -> tuple[Floats, Floats] | Uncomputable:
    """Shares of negative and positive labels in a and in d, of labels that both have."""
    if reason := empty_side(comparison):
        return reason
    a, d = _label_shares(comparison.advantaged), _label_shares(comparison.disadvantaged)
    shared = (a > 0) & (d > 0)
    return (a[shared], d[shared]) if shared.any() else NOTHING_SHARED


def _label_shares(side: BinaryCounts) -> Floats:
    return np.array([side.negatives, side.positives]) / side.total


def _divergence(p: Floats, q: Floats) -> float:
    return float((p * np.log(p / q)).sum())
