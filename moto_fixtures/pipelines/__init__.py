"""SageMaker Pipelines: the definition that is run, step by step, against this AWS's own API.

    definition.py    a definition, parsed and checked: its steps, and what each waits for
    parameters.py    the values of one execution's parameters
    expressions.py   Get, Std:Join, Std:JsonGet
    conditions.py    what a Condition step decides by
    state.py         pipelines, versions, executions and their steps, as the API shows them
    running.py       an execution from its first ready step to its last
    steps.py         one step: its request, its job, what it leaves for others
    jobs.py          a job from its creation to its end; when another attempt is made
    checks.py        QualityCheck and ClarifyCheck
    caching.py       a step that need not run again
    announcing.py    what EventBridge is told

A step's job is made by the same call a user would make: it is checked, listed, described
and logged like any other.
"""
