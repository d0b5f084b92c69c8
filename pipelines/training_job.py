"""The program `train` of the image: SageMaker's directories in, the model's files out.

Needs     /opt/ml/input/data/data, the channel that holds what `preprocess` wrote
Writes    the model's files into /opt/ml/model, which SageMaker packs as model.tar.gz; on stdout
          the lines that a tuning job's objective is read from

What a reader may miss: the reason of a failure is the text in /opt/ml/output/failure. The log
has the same line, and a traceback only for a defect.
"""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path

from sklearn import metrics

from monitoring.errors import FAILED, MonitoringError, UsageError
from pipelines import data
from pipelines.train import ARCHIVE_FILE, train
from serving.model import Predictor

ROOT = Path("/opt/ml")
CHANNEL = "data"
PENALTY = "C"
OBJECTIVE = "validation:auc"
LONGEST_FAILURE = 1024
"""Characters of the reason that DescribeTrainingJob shows."""


def run(root: Path = ROOT) -> int:
    """Train in a container whose /opt/ml is `root`; the exit code."""
    try:
        directory, output = root / "input" / "data" / CHANNEL, root / "model"
        trained = train(directory, output, _inverse_penalty(root))
        # SageMaker packs the directory itself.
        (output / ARCHIVE_FILE).unlink()
        _say_objective(trained, directory)
    except MonitoringError as error:
        _fail(root, str(error))
        return FAILED
    except Exception as error:
        # The text of an unforeseen error may quote data, and a failure reason is shown widely.
        _fail(root, f"InternalError: {type(error).__name__} in training; see the job's log.")
        raise
    return 0


def _inverse_penalty(root: Path) -> float:
    """C, the one hyperparameter there is; SageMaker hands every value over as text."""
    path = root / "input" / "config" / "hyperparameters.json"
    given = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    text = str(given.get(PENALTY, "1.0")).strip('"')
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise UsageError(f"hyperparameter {PENALTY} is {text!r}; give a number above 0")
    return value


def _say_objective(trained: Predictor, directory: Path) -> None:
    """The area under the ROC curve of the validation rows, where they hold both classes."""
    model = data.read_model(directory)
    table = data.read(directory, "validation", model)
    targets = model.targets(table)
    if len(set(targets)) == 2:
        probabilities = [answer.probability for answer in trained.predict(table.rows)]
        print(f"{OBJECTIVE}={metrics.roc_auc_score(targets, probabilities):.6f};")


def _fail(root: Path, reason: str) -> None:
    path = root / "output" / "failure"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(reason[:LONGEST_FAILURE], encoding="utf-8")
    print(reason, file=sys.stderr)


def main() -> None:
    """Console script `train`."""
    sys.exit(run())


if __name__ == "__main__":
    main()
