"""Bias in the predictions: Clarify's post-training metrics.

Needs     Comparison (facets) with actual and predicted labels
Gives     AD, CDDPL, DAR, DCA, DCR, DI, DPPL, DRR, GE, RD, SD, TE of
          `post_training_bias_metrics`; the flip test is in neighbors.py

a is the advantaged facet, d the disadvantaged; positive and negative labels are actual,
accepted and rejected are predictions. Half of these differences are a minus d (AD, DAR,
DCA, DPPL, RD) and half d minus a (DCR, DRR, SD, TE), so that positive mostly means a
disadvantage for d. DI is a ratio: its zero is not its ideal.
Source: docs.aws.amazon.com/sagemaker/latest/dg/clarify-measure-post-training-bias.html
"""

from __future__ import annotations

from collections.abc import Callable

from monitoring.measures.confusion import BinaryCounts
from monitoring.measures.disparity import (
    Split,
    conditional_disparity,
    difference,
    divide,
    empty_side,
)
from monitoring.measures.facets import Comparison
from monitoring.measures.outcome import Outcome, Uncomputable

NO_PREDICTIONS = Uncomputable("there are no predicted labels")
ALL_MISSED = Uncomputable("every row is a false negative, so the mean benefit is 0")

Rate = Callable[[BinaryCounts], float]


def accuracy_difference(comparison: Comparison) -> Outcome:
    """AD: accuracy of a minus accuracy of d.

    -1 to 1. Positive: the model errs more often about d. 0: equally accurate.
    Source: clarify-post-training-bias-metric-ad.html

    >>> accuracy_difference(Comparison(BinaryCounts(2, 0, 0, 2), BinaryCounts(1, 1, 1, 1)))
    0.5
    """
    return _a_minus_d(comparison, lambda side: divide(side.tp + side.tn, side.total))


def conditional_demographic_disparity_in_predictions(comparison: Comparison) -> Outcome:
    """CDDPL: d's share of the rejected minus its share of the accepted, averaged over groups.

    -1 to 1, groups weighted by rows. Positive: the model rejects d more often than it
    accepts it once the group variable is held fixed. 0: no disparity on average.
    Source: clarify-post-training-bias-metric-cddpl.html

    >>> inside = (BinaryCounts(3, 0, 0, 1), BinaryCounts(1, 0, 0, 1))
    >>> conditional_demographic_disparity_in_predictions(Comparison(*inside, groups=(inside,)))
    0.25
    """
    if not comparison.predicted:
        return NO_PREDICTIONS
    return conditional_disparity(
        [
            (
                Split(a.predicted_positives, a.predicted_negatives),
                Split(d.predicted_positives, d.predicted_negatives),
            )
            for a, d in comparison.groups
        ]
    )


def difference_in_acceptance_rates(comparison: Comparison) -> Outcome:
    """DAR: precision in a minus precision in d (true positives / accepted).

    -1 to 1. Positive: of those accepted, fewer in d are truly positive. 0: equal precision.
    A facet with nobody accepted counts as 0.
    Source: clarify-post-training-bias-metric-dar.html

    >>> difference_in_acceptance_rates(
    ...     Comparison(BinaryCounts(2, 0, 0, 2), BinaryCounts(1, 1, 1, 1))
    ... )
    0.5
    """
    return _a_minus_d(comparison, lambda side: divide(side.tp, side.predicted_positives))


def difference_in_conditional_acceptance(comparison: Comparison) -> Outcome:
    """DCA: positive labels / accepted in a, minus the same in d.

    -infinity to infinity. Positive: the model accepts fewer of a than its labels say, more
    readily than of d. 0: alike. Infinite where a facet has positives but nobody accepted.
    Source: clarify-post-training-bias-metric-dcacc.html

    >>> difference_in_conditional_acceptance(
    ...     Comparison(BinaryCounts(2, 0, 2, 2), BinaryCounts(1, 1, 1, 1))
    ... )
    1.0
    """
    return _a_minus_d(comparison, lambda side: divide(side.positives, side.predicted_positives))


def difference_in_conditional_rejection(comparison: Comparison) -> Outcome:
    """DCR: negative labels / rejected in d, minus the same in a.

    -infinity to infinity. Positive: the model rejects fewer of d than its labels say, more
    readily than of a. 0: alike. Infinite where a facet has negatives but nobody rejected.
    Source: clarify-post-training-bias-metric-dcr.html

    >>> difference_in_conditional_rejection(
    ...     Comparison(BinaryCounts(1, 1, 1, 1), BinaryCounts(2, 2, 0, 2))
    ... )
    1.0
    """
    return _d_minus_a(comparison, lambda side: divide(side.negatives, side.predicted_negatives))


def disparate_impact(comparison: Comparison) -> Outcome:
    """DI: share accepted of d / share accepted of a.

    0 to infinity; 1 is parity, and below 0.8 fails the four-fifths rule of US employment
    law. 0: nobody of d is accepted, or nobody at all. Infinite when a alone has nobody.
    Source: clarify-post-training-bias-metric-di.html

    >>> disparate_impact(Comparison(BinaryCounts(2, 0, 0, 2), BinaryCounts(1, 0, 0, 3)))
    0.5
    """
    if reason := _reason(comparison):
        return reason
    return divide(_accepted(comparison.disadvantaged), _accepted(comparison.advantaged))


def difference_in_predicted_proportions(comparison: Comparison) -> Outcome:
    """DPPL: share accepted of a minus share accepted of d.

    -1 to 1. Positive: the model accepts a more often. 0: demographic parity.
    Source: clarify-post-training-bias-metric-dppl.html

    >>> difference_in_predicted_proportions(
    ...     Comparison(BinaryCounts(2, 0, 0, 2), BinaryCounts(1, 0, 0, 3))
    ... )
    0.25
    """
    return _a_minus_d(comparison, _accepted)


def difference_in_rejection_rates(comparison: Comparison) -> Outcome:
    """DRR: true negatives / rejected in d, minus the same in a.

    -1 to 1. Positive: of those rejected, more in a were truly positive. 0: alike. A facet
    with nobody rejected counts as 0.
    Source: clarify-post-training-bias-metric-drr.html

    >>> difference_in_rejection_rates(
    ...     Comparison(BinaryCounts(1, 1, 1, 1), BinaryCounts(2, 0, 0, 2))
    ... )
    0.5
    """
    return _d_minus_a(comparison, lambda side: divide(side.tn, side.predicted_negatives))


def generalized_entropy(comparison: Comparison) -> Outcome:
    """GE: half the squared coefficient of variation of the benefit, over all rows.

    The benefit is 2 for a false positive, 0 for a false negative, 1 for a right prediction.
    0 or more; 0 when everybody benefits alike. It looks at no facet: every facet of a
    table has the same value. Undefined when every row is a false negative.
    Source: clarify-post-training-bias-metric-ge.html

    >>> generalized_entropy(Comparison(BinaryCounts(1, 1, 1, 1), BinaryCounts(0, 0, 0, 0)))
    0.25
    """
    if not comparison.predicted:
        return NO_PREDICTIONS
    everybody = comparison.everybody
    rows = everybody.total
    if not rows:
        return Uncomputable("there are no rows")
    mean = (rows + everybody.fp - everybody.fn) / rows
    if not mean:
        return ALL_MISSED
    square = (4 * everybody.fp + everybody.tp + everybody.tn) / rows
    return (square / mean**2 - 1) / 2


def recall_difference(comparison: Comparison) -> Outcome:
    """RD: recall of a minus recall of d (true positives / positives).

    -1 to 1. Positive: the model misses the positives of d more often. 0: equal opportunity.
    A facet without positives counts as 0.
    Source: clarify-post-training-bias-metric-rd.html

    >>> recall_difference(Comparison(BinaryCounts(2, 0, 0, 2), BinaryCounts(1, 1, 1, 1)))
    0.5
    """
    return _a_minus_d(comparison, lambda side: divide(side.tp, side.positives))


def specificity_difference(comparison: Comparison) -> Outcome:
    """SD: specificity of d minus specificity of a (true negatives / negatives).

    -1 to 1. Positive: the model wrongly accepts negatives of a more often. 0: alike. A facet
    without negatives counts as 0.
    Source: clarify-post-training-bias-metric-sd.html

    >>> specificity_difference(Comparison(BinaryCounts(1, 1, 1, 1), BinaryCounts(2, 0, 0, 2)))
    0.5
    """
    return _d_minus_a(comparison, lambda side: divide(side.tn, side.negatives))


def treatment_equality(comparison: Comparison) -> Outcome:
    """TE: false negatives / false positives in d, minus the same in a.

    -infinity to infinity. Positive: errors about d are more often to its disadvantage. 0:
    alike. Infinite where a facet has false negatives and no false positive, which small
    windows have easily.
    Source: clarify-post-training-bias-metric-te.html

    >>> treatment_equality(Comparison(BinaryCounts(1, 1, 1, 1), BinaryCounts(1, 1, 3, 1)))
    2.0
    """
    return _d_minus_a(comparison, lambda side: divide(side.fn, side.fp))


def _accepted(side: BinaryCounts) -> float:
    return divide(side.predicted_positives, side.total)


def _a_minus_d(comparison: Comparison, rate: Rate) -> Outcome:
    if reason := _reason(comparison):
        return reason
    return difference(rate(comparison.advantaged), rate(comparison.disadvantaged))


def _d_minus_a(comparison: Comparison, rate: Rate) -> Outcome:
    if reason := _reason(comparison):
        return reason
    return difference(rate(comparison.disadvantaged), rate(comparison.advantaged))


def _reason(comparison: Comparison) -> Uncomputable | None:
    return empty_side(comparison) if comparison.predicted else NO_PREDICTIONS
