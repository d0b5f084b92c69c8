"""What an evaluation measures, one file per question; `pipelines/evaluate.py` asks them all.

    quality      how good are the answers?            sensitivity  how do small changes move them?
    decisions    what do the decisions cost, whom?    stress       what of input nobody expects?
    overfitting  did it learn the rows by heart?      adversarial  what flips a decision?
    gate         is that enough to be registered?     page, plots  the same for people to read

Each gives a part of evaluation.json. What cannot be computed says why (`not_computed`).
"""
