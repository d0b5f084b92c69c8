"""The container that answers: a model directory in, `/ping` and `/invocations` out.

    body ── payloads ──> rows of text ── model ──> answers ── payloads ──> body
                                          │
                                schema · encoder · classifier

The build (`pipelines/`) scores its baseline rows through these same modules, so what a
baseline says about a model's answers is said by the code that will give them.
"""
