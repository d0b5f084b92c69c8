"""Retraining: when a new model is made, and whether it may ask to replace the old one.

policy.py      what somebody decided beforehand, as JSON
evidence.py    monitoring executions → windows with and without violations
production.py  captures + ground truth → labelled rows of production
decision.py    policy + facts → every rule with its value, its limit and its verdict
snapshot.py    historical + production rows → one Parquet file named after its content
comparison.py  champion and challenger on the same rows → a difference and its interval
audit.py       what was decided and why, each record chained to the one before
"""
