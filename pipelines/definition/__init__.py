"""The definition of the SageMaker Pipeline, made with the SageMaker SDK's own classes.

    settings.py     which model, whose role, where to, which checks
    parameters.py   what may differ from run to run, under the names of AWS's template
    session.py      a session that calls nothing, and keeps what would be uploaded
    jobs.py         the processing job of a step, and where its files go
    steps.py        process, train or tune, create, transform, evaluate, register
    own_checks.py   the checks by our analyzer
    aws_checks.py   the checks by AWS's images
    whole.py        all of it, in order

Only these modules import the SDK, which takes seconds; `pipelines/pipeline.py` imports them
where a definition is made.
"""
