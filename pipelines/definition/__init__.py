"""The definition of the SageMaker Pipeline, made with the SageMaker SDK's own classes.

    settings.py     which model, whose role, where to, which checks
    parameters.py   what may differ from run to run, under the names of AWS's template
    jobs.py         the processing job of a step, and where its files go
    steps.py        process, train or tune, create, transform, evaluate, register
    own_checks.py   the checks by our analyzer
    whole.py        all of it, in order

Only these modules import the SDK, which takes seconds; `pipelines/pipeline.py` imports them
where a definition is made.
"""
