"""Monitoring of models behind SageMaker endpoints: baselines in, findings out."""
