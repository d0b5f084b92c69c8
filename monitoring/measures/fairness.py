"""Every bias metric that counts can answer, by the name and description Clarify gives it.

Needs     Comparison (facets)
Gives     `metrics` of one facet value in analysis.json, in its (alphabetical) order

The descriptions are AWS's to the letter, its misspelt Kullback-Liebler among them. FT is in
the list of post-training metrics but needs the rows themselves: neighbors.flip_test.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from monitoring.measures import fairness_labels as labels
from monitoring.measures import fairness_predictions as predictions
from monitoring.measures.facets import Comparison
from monitoring.measures.outcome import Outcome

FLIP_TEST = "FT"


@dataclass(frozen=True, slots=True)
class BiasMetric:
    """A published metric: its short name, AWS's description, and what computes it."""

    name: str
    description: str
    measure: Callable[[Comparison], Outcome]


PRE_TRAINING = (
    BiasMetric(
        "CDDL",
        "Conditional Demographic Disparity in Labels (CDDL)",
        labels.conditional_demographic_disparity_in_labels,
    ),
    BiasMetric("CI", "Class Imbalance (CI)", labels.class_imbalance),
    BiasMetric(
        "DPL",
        "Difference in Positive Proportions in Labels (DPL)",
        labels.difference_in_label_proportions,
    ),
    BiasMetric("JS", "Jensen-Shannon Divergence (JS)", labels.jensen_shannon_divergence),
    BiasMetric("KL", "Kullback-Liebler Divergence (KL)", labels.kullback_leibler_divergence),
    BiasMetric("KS", "Kolmogorov-Smirnov Distance (KS)", labels.kolmogorov_smirnov_distance),
    BiasMetric("LP", "L-p Norm (LP)", labels.lp_norm),
    BiasMetric("TVD", "Total Variation Distance (TVD)", labels.total_variation_distance),
)

POST_TRAINING = (
    BiasMetric("AD", "Accuracy Difference (AD)", predictions.accuracy_difference),
    BiasMetric(
        "CDDPL",
        "Conditional Demographic Disparity in Predicted Labels (CDDPL)",
        predictions.conditional_demographic_disparity_in_predictions,
    ),
    BiasMetric(
        "DAR",
        "Difference in Acceptance Rates (DAR)",
        predictions.difference_in_acceptance_rates,
    ),
    BiasMetric(
        "DCA",
        "Difference in Conditional Acceptance (DCA)",
        predictions.difference_in_conditional_acceptance,
    ),
    BiasMetric(
        "DCR",
        "Difference in Conditional Rejection (DCR)",
        predictions.difference_in_conditional_rejection,
    ),
    BiasMetric("DI", "Disparate Impact (DI)", predictions.disparate_impact),
    BiasMetric(
        "DPPL",
        "Difference in Positive Proportions in Predicted Labels (DPPL)",
        predictions.difference_in_predicted_proportions,
    ),
    BiasMetric(
        "DRR",
        "Difference in Rejection Rates (DRR)",
        predictions.difference_in_rejection_rates,
    ),
    BiasMetric("GE", "Generalized Entropy (GE)", predictions.generalized_entropy),
    BiasMetric("RD", "Recall Difference (RD)", predictions.recall_difference),
    BiasMetric("SD", "Specificity Difference (SD)", predictions.specificity_difference),
    BiasMetric("TE", "Treatment Equality (TE)", predictions.treatment_equality),
)

DESCRIPTIONS: Mapping[str, str] = {
    FLIP_TEST: "Flip Test (FT)",
    **{metric.name: metric.description for metric in (*PRE_TRAINING, *POST_TRAINING)},
}


def bias_metrics(metrics: tuple[BiasMetric, ...], comparison: Comparison) -> dict[str, Outcome]:
    """Each metric's value by its short name.

    >>> from monitoring.measures.confusion import BinaryCounts
    >>> sides = Comparison(BinaryCounts(2, 0, 0, 2), BinaryCounts(1, 1, 1, 1))
    >>> found = bias_metrics(POST_TRAINING, sides)
    >>> found["AD"], found["CDDPL"].reason
    (0.5, 'Group variable is empty or not provided')
    """
    return {metric.name: metric.measure(comparison) for metric in metrics}
