"""Great Expectations: completeness, types, range, mean, deviation, quantiles, distinct values."""

import os

os.environ["GX_ANALYTICS_ENABLED"] = "false"

import great_expectations as gx
import great_expectations.expectations as expect
from measuring import measure, profiled

QUANTILES = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]


def suite_of(frame):
    suite = gx.ExpectationSuite(name="baseline")
    for name in frame.columns:
        suite.add_expectation(expect.ExpectColumnValuesToNotBeNull(column=name))
        suite.add_expectation(
            expect.ExpectColumnUniqueValueCountToBeBetween(column=name, min_value=1)
        )
        if frame[name].dtype.kind not in "if":
            suite.add_expectation(
                expect.ExpectColumnValueLengthsToBeBetween(column=name, min_value=0)
            )
            continue
        for between in (
            expect.ExpectColumnMeanToBeBetween,
            expect.ExpectColumnStdevToBeBetween,
            expect.ExpectColumnMinToBeBetween,
            expect.ExpectColumnMaxToBeBetween,
        ):
            suite.add_expectation(between(column=name, min_value=-1e12, max_value=1e12))
        suite.add_expectation(
            expect.ExpectColumnQuantileValuesToBeBetween(
                column=name,
                quantile_ranges={
                    "quantiles": QUANTILES,
                    "value_ranges": [[-1e12, 1e12]] * len(QUANTILES),
                },
            )
        )
    return suite


def profile(frame):
    context = gx.get_context(mode="ephemeral")
    asset = context.data_sources.add_pandas("traffic").add_dataframe_asset("capture")
    batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": frame})
    results = batch.validate(suite_of(frame)).results
    mean = next(
        r.result["observed_value"]
        for r in results
        if r.expectation_config.type == "expect_column_mean_to_be_between"
        and r.expectation_config.kwargs["column"] == "probability"
    )
    return len(frame), float(mean)


if __name__ == "__main__":
    measure(profiled(profile))
