"""Where the offline AWS is known to behave otherwise than AWS, each with the test that shows it.

docs/offline-aws.md is generated from these rows; a row whose test is gone fails the suite.
Figures come from the code that uses them.
"""

from __future__ import annotations

from dataclasses import dataclass

from moto_fixtures.cloudformation.template import MAXIMUM_BODY as MAXIMUM_TEMPLATE
from moto_fixtures.cloudwatch.evaluation import EXTRA_PERIODS
from moto_fixtures.data_capture import FILE_BYTES
from moto_fixtures.deployments import ROLLBACK, START_SECONDS
from moto_fixtures.events.targets import TARGETS
from moto_fixtures.scheduler import START_DELAY

SCHEDULER = "tests/moto_fixtures/test_scheduler.py"
ENGINE = "tests/moto_fixtures/cloudformation"
JOBS = "tests/moto_fixtures/jobs"
SAGEMAKER = "tests/moto_fixtures/sagemaker"
EVENTS = "tests/moto_fixtures/events"


@dataclass(frozen=True, slots=True)
class Difference:
    """One way in which the two differ."""

    subject: str
    aws: str
    """What AWS does. UNCONFIRMED: not published, and seen by nobody we know of."""
    here: str
    shown_by: str
    """The test: file::name."""


DEPLOYMENTS = "tests/moto_fixtures/test_deployments.py"
LABELLED = "tests/moto_fixtures/test_labelled_executions.py"

PIPELINES = "tests/moto_fixtures/pipelines"

DIFFERENCES: tuple[Difference, ...] = (
    Difference(
        "steps of a pipeline that are ready at once",
        "side by side; when one fails, UNCONFIRMED that those already begun end by themselves",
        "one after the other; when one fails, those that would have begun beside it still run",
        f"{PIPELINES}/test_running.py::"
        "test_nothing_becomes_ready_after_a_failure_but_what_was_ready_runs",
    ),
    Difference(
        "a QualityCheck or ClarifyCheck step",
        "one processing job calculates the new baseline and checks it",
        "two jobs; `CheckJobArn` names the one that checks",
        f"{PIPELINES}/test_checks.py::test_a_quality_check_lives_through_its_baselines",
    ),
    Difference(
        "a mistake in a pipeline's definition, a value a condition cannot compare",
        "refused, or the step fails; the words are UNCONFIRMED",
        "the same, in our words after AWS's first sentence",
        f"{PIPELINES}/test_definition.py::test_a_mistake_is_refused_and_named",
    ),
    Difference(
        "start of an execution",
        "up to 20 minutes after its hour",
        f"{START_DELAY.seconds // 60} minutes after its hour, always; `NOW` at once",
        f"{SCHEDULER}::test_it_starts_five_minutes_after_its_hour",
    ),
    Difference(
        "an hour without captured data",
        "`Failed`: job inputs had no data",
        "`Failed` with our analyzer's `NO_DATA: …`, which names the window",
        f"{SCHEDULER}::test_an_hour_without_traffic_fails_and_says_so",
    ),
    Difference(
        "a merge with ground truth",
        "AWS's own image; which hours of labels it reads is UNCONFIRMED",
        "`monitoring/job.py` merges; labels of every hour from the window's start to the run",
        f"{LABELLED}::test_labels_that_come_later_are_found_where_they_were_collected",
    ),
    Difference(
        "merged hours of overlapping windows",
        "UNCONFIRMED",
        "the later merge replaces them",
        f"{LABELLED}::test_a_window_that_overlaps_the_one_before_counts_its_own_records",
    ),
    Difference(
        "calls of an isolated job",
        "no route; they time out",
        "refused at once",
        "tests/moto_fixtures/test_explaining_executions.py::test_an_isolated_job_reaches_no_model",
    ),
    Difference(
        "hours missed while time jumped",
        "time does not jump",
        "not made up for; winding the clock on runs them, travelling does not",
        f"{SCHEDULER}::test_a_jump_of_the_clock_runs_nothing_in_between",
    ),
    Difference(
        "a schedule every N hours, N no divisor of 24",
        "UNCONFIRMED",
        "counts anew from the start of each day",
        "tests/moto_fixtures/test_timing.py::test_an_expression_is_due_at_its_hours",
    ),
    Difference(
        "`Pending` of a schedule",
        "some minutes",
        "until it was read once, or time passed",
        f"{SAGEMAKER}/test_schedules.py::test_it_is_pending_until_it_was_read_once",
    ),
    Difference(
        "deleting an endpoint that a schedule watches",
        "UNCONFIRMED; AWS's notebooks delete the schedule first and wait",
        "refused, naming the schedules",
        f"{SAGEMAKER}/test_schedules.py::test_an_endpoint_that_is_watched_is_not_deleted",
    ),
    Difference(
        "starting a fleet of instances",
        "`Creating` or `Updating` for minutes",
        f"no time, so that an endpoint is `InService` or `Failed` within the call; {START_SECONDS} "
        "gives it seconds of the clock",
        f"{DEPLOYMENTS}::test_a_fleet_takes_the_time_it_is_given",
    ),
    Difference(
        "end of an update with a termination wait",
        "UNCONFIRMED",
        "`Updating` until the old fleet has gone; alarms are heeded until then only while it bakes",
        f"{DEPLOYMENTS}::test_the_old_fleet_waits_to_be_terminated",
    ),
    Difference(
        "a rollback on alarm",
        "traffic goes back at once; its status and reason are UNCONFIRMED",
        f"`RollingBack` for {ROLLBACK.seconds // 60} minute, then `InService` with a FailureReason "
        "that names the alarms",
        f"{DEPLOYMENTS}::test_an_alarm_gives_all_traffic_back",
    ),
    Difference(
        "the waits of a guarded deployment in a stack",
        "the stack waits as long",
        "the clock is wound on by them; inside a build or pipeline, which hold it, they take no "
        "time",
        f"{ENGINE}/test_guarded_endpoints.py::test_a_stack_waits_for_its_endpoint_on_the_clock",
    ),
    Difference(
        "how many instances target tracking asks for",
        "in proportion to the metric; how exactly is UNCONFIRMED",
        "the least that keeps the metric at its target",
        "tests/moto_fixtures/scaling/test_capacity.py::"
        "test_the_tracked_count_is_the_least_that_keeps_to_the_target",
    ),
    Difference(
        "which variant answers",
        "drawn by lot, by weight",
        "the one furthest behind its weight, so the same on every run",
        "tests/moto_fixtures/test_invocations.py::test_requests_are_split_by_weight_exactly",
    ),
    Difference(
        "how many requests a shadow gets",
        "UNCONFIRMED: the share that its weight is of the production variant's",
        "that share, evenly",
        "tests/moto_fixtures/test_invocations.py::test_a_shadow_gets_its_share_of_copies",
    ),
    Difference(
        "a change of weights or counts",
        "`Updating` for minutes",
        "within the call",
        f"{SAGEMAKER}/test_endpoints.py::test_a_capacity_changes_without_touching_the_weight",
    ),
    Difference(
        "when captured events reach S3",
        "by size and time that AWS does not publish",
        f"when their hour has passed, at {FILE_BYTES // 1024**2} MB, or before an execution",
        "tests/moto_fixtures/test_data_capture.py::"
        "test_an_hour_that_has_passed_is_written_when_the_next_begins",
    ),
    Difference(
        "the alert of a monitoring schedule",
        "its name and what it makes of failed runs are not published",
        "named as the schedule; runs that could not be evaluated are passed over",
        f"{SAGEMAKER}/test_alerts.py::test_its_status_is_that_of_the_last_runs_that_were_evaluated",
    ),
    Difference(
        "the container of a monitor",
        "AWS's image, or the one that the definition names",
        "`monitoring/job.py` of this checkout, in a process of its own",
        "tests/moto_fixtures/test_worker.py::test_the_containers_real_entry_point_runs",
    ),
    Difference(
        "the image of a job",
        "any image of a registry",
        "a framework's runs the script with this interpreter; Model Monitor's, Clarify's and ours "
        "run `monitoring/job.py`; any other runs the command registered for it "
        "(`moto_fixtures/jobs/images.py`; a server reads the file that OFFLINE_IMAGES names)",
        f"{JOBS}/test_inside.py::test_an_image_is_known_registered_or_refused",
    ),
    Difference(
        "a job's `requirements.txt`, and `pip` in it",
        "installed",
        "checked; what is missing or of another version fails the job by name",
        f"{JOBS}/test_training.py::test_requirements_are_checked_and_not_installed",
    ),
    Difference(
        "`/opt/ml` of a job",
        "the container's own",
        "a directory per job; paths are led there in arguments, variables, shell scripts and "
        "Python's functions, not in compiled code that opens a file by itself",
        f"{JOBS}/test_inside.py::test_pythons_functions_find_the_containers_paths",
    ),
    Difference(
        "the hosts of a processing job",
        "side by side; which host reads which shard is UNCONFIRMED",
        "one after the other; shards are dealt in the order of their keys",
        f"{JOBS}/test_processing.py::test_every_host_has_its_share_of_what_is_sharded",
    ),
    Difference(
        "outputs of a processing job that fails",
        "UNCONFIRMED",
        "`Continuous` ones are published, at the end; `EndOfJob` ones are not",
        f"{JOBS}/test_processing.py::"
        "test_what_is_uploaded_as_it_goes_is_there_though_the_job_failed",
    ),
    Difference(
        "the clock while a job runs",
        "goes on",
        "winding it waits for the job, which ends in the hour in which it began",
        f"{JOBS}/test_processing.py::test_the_clock_waits_for_a_job_that_runs",
    ),
    Difference(
        "names of a batch transform's captured lists",
        "UNCONFIRMED",
        "the transform job's",
        f"{JOBS}/test_transform.py::test_what_was_read_and_written_is_captured_as_lists",
    ),
    Difference(
        "progress of a stack",
        "`…_IN_PROGRESS` for minutes",
        "the call that deploys answers when the stack is in its final state; every step is an "
        "event",
        f"{ENGINE}/test_engine.py::test_thirty_resources_deploy_without_waiting",
    ),
    Difference(
        "two deployments at once",
        "of one stack: the second is refused; of two stacks: both go on",
        "of one stack: the second is refused; of two stacks: the second waits for the first",
        f"{ENGINE}/test_operations.py::test_an_update_is_refused_while_another_is_in_progress",
    ),
    Difference(
        "deleting a stack that is being created",
        "the creation stops and is taken back",
        "refused until the creation has ended",
        f"{ENGINE}/test_operations.py::test_a_deletion_is_refused_while_a_creation_is_in_progress",
    ),
    Difference(
        "a resource whose update was refused, once the stack has rolled back",
        "`UPDATE_COMPLETE`: documented for one that is skipped, UNCONFIRMED for the others",
        "`UPDATE_COMPLETE`; why it was refused stands in the events",
        f"{ENGINE}/test_rollback.py::test_what_refused_its_update_is_complete_once_rolled_back",
    ),
    Difference(
        "a request with the `ClientRequestToken` of an earlier one",
        "the same request is the same operation; how long, and that another request is refused, is "
        "UNCONFIRMED",
        "the same request is answered as the first was; another one is TokenAlreadyExistsException",
        f"{ENGINE}/test_tokens.py::test_another_request_with_the_token_is_refused",
    ),
    Difference(
        "a nested stack in a change set",
        "Modify, Automatic: its template may have changed; IncludeNestedStacks looks inside",
        "the same; IncludeNestedStacks is refused",
        f"{ENGINE}/test_nested.py::test_a_change_set_says_that_a_child_may_change_unseen",
    ),
    Difference(
        "Fn::ImportValue of an export that is not there",
        "the change set is made, and fails (UNCONFIRMED)",
        "CreateChangeSet is refused; CreateStack rolls back",
        f"{ENGINE}/test_engine.py::test_a_missing_export_rolls_back_and_is_named",
    ),
    Difference(
        "a new version of a parameter in {{resolve:ssm:…}} without a version",
        "read when the stack is updated; whether it alone is an update is UNCONFIRMED",
        "it is",
        f"{ENGINE}/test_dynamic_references.py::test_an_update_sees_the_parameters_latest_version",
    ),
    Difference(
        "drift detection",
        "types with a read handler",
        "types whose service shows what the template sets; the others are NOT_CHECKED, and so is a "
        "property that it does not show",
        f"{ENGINE}/test_drift.py::test_a_type_that_cannot_be_read_is_not_checked",
    ),
    Difference(
        "stack tags of a change set that gives none",
        "documented for UpdateStack only: they stay",
        "they stay",
        f"{ENGINE}/test_change_sets.py::test_a_change_set_without_tags_keeps_the_stacks",
    ),
    Difference(
        "properties that a type does not carry out",
        "all are",
        "the resource fails and the stack rolls back; the table above names them",
        f"{ENGINE}/test_deployment.py::"
        "test_a_property_the_offline_aws_cannot_carry_out_is_refused_by_name",
    ),
    Difference(
        "size of a template in the request",
        f"{MAXIMUM_TEMPLATE:,} bytes",
        "the same, so a template that has to go over S3 has to here",
        f"{ENGINE}/test_responses.py::test_a_long_template_must_come_from_s3",
    ),
    Difference(
        "names that Python's patterns cannot judge",
        "held to Java's patterns",
        "widened, so that no good name is refused; a bad one of a few shapes may pass",
        f"{SAGEMAKER}/test_validation.py::test_the_patterns_python_cannot_say_are_known",
    ),
    Difference(
        "permissions",
        "every call is authorised",
        "no call is, but those of Scheduler's schedules: roles and policies are not evaluated",
        f"{ENGINE}/test_limits.py::test_a_role_is_shown_and_a_time_limit_has_no_effect",
    ),
    Difference(
        "datapoints an alarm looks at beyond `EvaluationPeriods`",
        "an example says 5 for 3; the rest is UNCONFIRMED",
        f"{EXTRA_PERIODS} more, always",
        "tests/moto_fixtures/cloudwatch/test_evaluation.py::"
        "test_three_of_three_datapoints_are_judged_as_awss_table_says",
    ),
    Difference(
        "too few datapoints, all breaching, the oldest not yet M periods old",
        "not ALARM; which other state is UNCONFIRMED",
        "the alarm keeps its state",
        "tests/moto_fixtures/cloudwatch/test_evaluation.py::test_one_late_breach_is_no_alarm_yet",
    ),
    Difference(
        "delivering an event",
        "tried again for up to 24 hours, then the dead-letter queue",
        "tried once, then the dead-letter queue: no target is ever busy",
        f"{EVENTS}/test_rules.py::test_what_a_target_does_not_take_goes_to_the_dead_letters",
    ),
    Difference(
        "a flexible time window",
        "some time within it",
        "at its beginning",
        f"{EVENTS}/test_schedules.py::test_it_fires_within_its_window",
    ),
    Difference(
        "the first time of a rule's rate",
        "UNCONFIRMED",
        "when it has passed once since the rule was put or enabled",
        f"{EVENTS}/test_rules.py::test_a_rate_counts_from_when_its_rule_was_enabled",
    ),
    Difference(
        "a schedule's role",
        "checked when the schedule is made, and by every call",
        "checked when it fires: it must exist, trust Scheduler and allow the action; conditions "
        "are not weighed",
        f"{EVENTS}/test_schedules.py::test_what_the_role_does_not_allow_is_refused_and_buried",
    ),
    Difference(
        "states that a resource passes through within one call",
        "an event for each",
        "an event for the last",
        f"{EVENTS}/test_states.py::test_an_endpoint_in_service_is_heard_in_capitals",
    ),
)

STOCK: tuple[tuple[str, str], ...] = (
    ("S3", "objects, versions, encryption headers and bucket policies work; nothing is encrypted"),
    ("CloudWatch", "metrics are stored and read; alarms are evaluated as the clock moves, metric "
     "math and composite ones too, and act (SNS, scaling policies). Refused: anomaly detection, "
     "Metrics Insights, SEARCH, statistics other than the five and percentiles, other actions"),
    ("EventBridge", f"rules and Scheduler's schedules fire as the clock moves, at targets of "
     f"{', '.join(TARGETS)}; others, Lambda among them, are refused. SageMaker's endpoints, model "
     "packages, model cards, jobs and pipelines, CodeBuild's builds, CodePipeline's executions and "
     "CloudWatch's alarms emit their events; those of an endpoint's deployment are missing"),
    ("SNS, SQS", "topics, queues and their subscriptions work, over HTTP to this machine only"),
    ("Application Auto Scaling", "variants of endpoints scale, by policies and "
     "scheduled actions; other targets are stored as moto stores them"),
    ("CodeBuild", "simulated: builds run the real buildspec in a shell of this machine, which "
     "stands in for the image; sources in S3, or a registered checkout. Batches, reports, "
     "`run-as`, Windows, S3 logs are refused; a cache is never filled"),
    ("CodePipeline", "simulated: S3 sources or registered checkouts, CodeBuild, CloudFormation, "
     "S3 and manual approval; actions of one runOrder run in turn. Triggers, conditions, "
     "rollback, QUEUED and PARALLEL modes are refused; no role is assumed"),
    ("IAM, KMS, Logs, SSM, STS", "resources are stored and read; nothing is enforced, and no log "
     "event becomes a metric through a metric filter"),
)  # fmt: skip
"""Services answered by moto, unchanged, as far as this project uses them."""
