"""What happens to a plan before it is journalled: the check that it can be executed, and its client tokens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from amitui.domain.operations.apis import APIS
from amitui.domain.operations.operation import Operation, State
from amitui.domain.operations.placeholders import answers_in, withheld_in
from amitui.domain.operations.plan import Call, Plan, Step, Watch
from amitui.errors import UsageError
from amitui.operations.recovery import unsent_calls
from amitui.operations.runner_context import NOT_KEPT

_TOKEN: Final = "ClientToken"  # noqa: S105 - it is no secret


def check_plan(plan: Plan) -> None:
    """Make sure that a plan can be executed, and reconciled after a crash.

    Raises:
        UsageError: a value that is withheld in it is not known (any more).
        ValueError: it holds a call that could not be reconciled, or its steps do not fit together.
    """
    unknown = {call.api for call in plan.calls if call.api not in APIS or APIS[call.api].service != call.service}
    if unknown:
        raise ValueError(f"no evidence is known for {', '.join(sorted(unknown))}")
    for index, step in enumerate(plan.steps):
        awaited = answers_in(step.parameters if isinstance(step, Call) else step.target)
        if not all(before < index and isinstance(plan.steps[before], Call) for before in awaited):
            raise ValueError(f"step {index} needs the answer of something that is no call before it")
        if step.undoes is not None and not 0 <= step.undoes < index:
            raise ValueError(f"step {index} undoes something that is not before it")
        if isinstance(step, Watch) and step.restart is not None:
            begun = plan.steps[step.restart] if 0 <= step.restart < index else None
            if not isinstance(begun, Call) or answers_in(step.target) != {step.restart}:
                raise ValueError(f"step {index} cannot begin again from step {step.restart}")
    withheld = withheld_in([call.parameters for call in plan.calls])
    if set(plan.private) - withheld:
        raise ValueError(f"nothing stands for {', '.join(sorted(set(plan.private) - withheld))} in the calls")
    if withheld - set(plan.private):
        raise UsageError(NOT_KEPT, remedy="start it again from its form")


def with_token(plan: Plan, operation_id: str) -> Plan:
    """The plan with a client token in each call that takes one: a call that is sent twice then has one effect.

    A token that is there already stays: see `again`.
    """

    def step(one: Step, index: int) -> Step:
        if not isinstance(one, Call) or not APIS[one.api].client_token or _TOKEN in one.parameters:
            return one
        token = f"amitui-{operation_id}" + (f"-{index}" if index else "")
        return one._replace(parameters={**one.parameters, _TOKEN: token})

    return plan._replace(steps=tuple(step(one, index) for index, one in enumerate(plan.steps)))


def again(operation: Operation, private: Mapping[str, str]) -> Plan:
    """The plan of an operation that is to be submitted once more.

    A call that EC2 never answered keeps its client token: if it happened after all, EC2 answers with its result. A
    call that was answered gets a new token, as its result is not wanted any more.
    """
    answered = {index for index, _ in operation.answers}

    def step(one: Step, index: int) -> Step:
        if not isinstance(one, Call) or index not in answered or _TOKEN not in one.parameters:
            return one
        return one._replace(parameters={name: value for name, value in one.parameters.items() if name != _TOKEN})

    steps = tuple(step(one, index) for index, one in enumerate(operation.plan.steps))
    return operation.plan._replace(steps=steps, private=dict(private))


class Private:
    """The withheld values of operations' calls, for as long as they may be needed. They are in no `repr`."""

    def __init__(self) -> None:
        self._values: dict[str, dict[str, str]] = {}

    def __repr__(self) -> str:
        return f"Private({sorted(self._values)})"

    def keep(self, operation_id: str, plan: Plan) -> None:
        """Keep the private values of a plan under its operation's id."""
        if plan.private:
            self._values[operation_id] = dict(plan.private)

    def of(self, operation: Operation) -> Mapping[str, str]:
        """The private values of an operation that this process has."""
        return self._values.get(operation.id, {})

    def discard_unneeded(self, operation: Operation) -> None:
        """Discard values that will not be sent any more. Those of a failed operation stay, as it may be
        retried."""
        if operation.id in self._values and operation.state is not State.FAILED:
            left = unsent_calls(operation)
            if operation.state.ended or not withheld_in([call.parameters for call in left]):
                del self._values[operation.id]
