"""The container that answers: a model directory in, `/invocations`, `/predict` and pages out.

    /invocations   body ── payloads ──> rows of text ── model ──> answers ── payloads ──> body
                                                          │
                                            schema · encoder · scorecard or classifier
                                                          │
    /predict and /   named fields ── bodies ──> one row ── model ──> answer + reasons

The build (`pipelines/`) scores its baseline rows through these same modules, so what a
baseline says about a model's answers is said by the code that will give them.
"""
