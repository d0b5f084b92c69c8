"""The user's own scripts around an analysis: before it, on every record; and after it.

Needs     a Python file with AWS's handler: `preprocess_handler(inference_record[, logger])`
          or `postprocess_handler()`
Gives     rows in the place of records; or nothing, once the analysis is published

    process.py         a script in a process of its own: limits, and what went wrong in it
    worker.py          what runs there; imports nothing of this package
    preprocessing.py   captured events, or lines of a table → the script's rows, as columns
    postprocessing.py  the one call after an analysis

The process has limits of time and memory and a bare environment, so a script cannot take
the analysis down with it. It is no cage: a script can reach the files and the network that
the job can reach, as it could in AWS's containers. Run only scripts you trust.
"""
