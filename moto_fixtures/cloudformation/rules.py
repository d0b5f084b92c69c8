"""The Rules section: assertions over parameters, checked before anything is made."""

from __future__ import annotations

from typing import Any

from moto_fixtures.cloudformation.errors import NotSimulated, ValidationError
from moto_fixtures.cloudformation.intrinsics import Evaluator, truth

ONLY_IN_RULES = ("Fn::Contains", "Fn::EachMemberIn", "Fn::EachMemberEquals")
_NOT_SIMULATED = ("Fn::RefAll", "Fn::ValueOf", "Fn::ValueOfAll")


def check(evaluate: Evaluator) -> None:
    """Raise ValidationError with the description of the first assertion that does not hold."""
    for name, rule in evaluate.template.section("Rules").items():
        if "RuleCondition" in rule and not holds(evaluate, rule["RuleCondition"]):
            continue
        for assertion in rule.get("Assertions", ()):
            if not holds(evaluate, assertion["Assert"]):
                said = assertion.get("AssertDescription", f"Rule {name} is not satisfied")
                raise ValidationError(f"Template validation error: {said}")


def holds(evaluate: Evaluator, rule: Any) -> bool:
    """Whether a rule expression is true; it has three functions conditions lack.

    Raises ValidationError for one whose arguments have the wrong shape.
    """
    try:
        return _holds(evaluate, rule)
    except (TypeError, ValueError) as error:
        raise ValidationError(
            f"Template error: a rule is given what it cannot take ({error})"
        ) from error


def _holds(evaluate: Evaluator, rule: Any) -> bool:
    if not isinstance(rule, dict) or len(rule) != 1:
        return truth(evaluate(rule))
    ((name, argument),) = rule.items()
    if name in _NOT_SIMULATED:
        raise NotSimulated(f"Rule function {name}")
    if name in ("Fn::And", "Fn::Or"):
        return (all if name == "Fn::And" else any)(holds(evaluate, part) for part in argument)
    if name == "Fn::Not":
        return not holds(evaluate, argument[0])
    if name not in ONLY_IN_RULES:
        return truth(evaluate(rule))
    left, right = (evaluate(part) for part in argument)
    if name == "Fn::Contains":
        return right in left
    if name == "Fn::EachMemberIn":
        return set(left) <= set(right)
    return all(member == right for member in left)
