"""The build: data in, a model package with its baselines in the registry out.

    preprocess ──> train ──> evaluate ─┐
        │            └─────> baseline ─┴──> register
        └── traffic (held out: what an endpoint will be sent)

Each step is one script that runs alone (`python -m pipelines.train --help`) and one
function to call. What is peculiar to a model stands in `models/`; the steps are shared.
"""
