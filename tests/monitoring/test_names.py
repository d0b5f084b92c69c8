"""Names always fit, always the same way, and never become each other."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from monitoring import names
from monitoring.kinds import KINDS
from monitoring.parameters import NAME

PROJECTS = st.from_regex(r"[a-zA-Z0-9](-?[a-zA-Z0-9]){0,31}", fullmatch=True).filter(
    lambda text: len(text) <= names.LONGEST_PROJECT_NAME
)
ANY_NAMES = st.from_regex(r"[a-z0-9](-{0,3}[a-z0-9]){0,80}", fullmatch=True)


@given(ANY_NAMES, st.integers(min_value=12, max_value=63))
def test_a_fitted_name_is_legal_and_no_longer_than_asked(name: str, limit: int) -> None:
    fitted = names.fit(name, limit)
    assert len(fitted) <= limit
    assert NAME.fullmatch(fitted)
    assert names.fit(name, limit) == fitted


@given(ANY_NAMES)
def test_a_name_that_fits_is_left_alone(name: str) -> None:
    assert names.fit(name, len(name)) == name


def test_two_long_names_that_begin_alike_stay_apart() -> None:
    assert names.fit("f" * 70 + "a") != names.fit("f" * 70 + "b")


@given(PROJECTS, st.sampled_from(names.STAGES))
def test_every_schedule_of_every_project_has_a_legal_name(project: str, stage: str) -> None:
    for kind in KINDS:
        assert NAME.fullmatch(f"{names.schedule_name(project, stage)}-{kind.name}")
    assert NAME.fullmatch(names.endpoint_name(project, stage))
