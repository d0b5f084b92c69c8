"""One analysis over several processes, a Spark cluster, or the hosts of one processing job.

    parts.py       a data set → parts of whole files
    work.py        a part     → a Partial: the monitor's state, and the books of its reading
    gathering.py   all parts  → one Partial, as if the data had been read in one pass
    processes.py   parts on the cores of this machine
    spark.py       parts on Spark
    saving.py      a Partial  → a file, and back, without pickle
    hosts.py       the hosts of a job: a file from each of them, then one conclusion

A monitor concludes once, from the sum. Where parts cannot say what one pass would say (a
part that cannot be read, parts with other columns), the data are read in one pass instead:
slower, never otherwise.
"""
