"""TensorFlow Data Validation: statistics and a schema."""

import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import tensorflow_data_validation as tfdv
from measuring import measure, profiled


def profile(frame):
    statistics = tfdv.generate_statistics_from_dataframe(frame, n_jobs=1)
    tfdv.infer_schema(statistics)
    dataset = statistics.datasets[0]
    first = next(f for f in dataset.features if f.path.step[0] == "probability")
    return dataset.num_examples, first.num_stats.mean


if __name__ == "__main__":
    measure(profiled(profile))
