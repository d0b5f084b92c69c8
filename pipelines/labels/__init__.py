"""Labels: what turned out to be true of an endpoint's answers, and which hours it changes.

    reading.py      CSV, JSON Lines, ground truth  → labels, one after the other
    importing.py    labels → SageMaker's ground-truth layout; known ones, conflicts, orphans
    ledger.py       captures + ground truth        → per hour: captured, labelled, waiting
    reevaluating.py hours whose labels have changed → the monitor's documents, again

Ground truth arrives when it arrives: a chargeback after weeks, a default after months. Its
files are filed by the hour of its collection; whose label it is, its id alone says.
"""
