"""A connection to AWS whose answers a test gives."""

from __future__ import annotations

from typing import Any

from amitui.ec2.session import AwsTarget, Ec2Connection


class Answering(Ec2Connection):
    """A connection whose answers are given by operation: one, one a call, or a function of the parameters."""

    def __init__(self, **answers: Any) -> None:
        super().__init__(AwsTarget())
        self.answers = answers
        self.asked: list[tuple[str, dict[str, Any]]] = []

    async def service_call(
        self, service: str, region: str, operation: str, action: str, **parameters: Any
    ) -> dict[str, Any]:
        del service, region, action
        parameters.pop("once", None)
        self.asked.append((operation, parameters))
        answer = self.answers.get(operation, {})
        return dict(answer(parameters) if callable(answer) else answer)
