"""Client tokens of what moto makes: a request that is sent twice is answered twice and has one effect, as in EC2.

moto takes each for a new one. CopyImage is the demo's own and keeps its tokens itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from amitui.demo.cloud.launching.rules import refusal
from amitui.demo.cloud.rules import invalid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from amitui.demo.seed.accounts import Caller

TAKING: Final = frozenset({"CreateLaunchTemplate", "CreateLaunchTemplateVersion", "RunInstances"})
"""The operations whose tokens are kept here."""
_LONGEST: Final = 64
_ATTEMPT: Final = frozenset({"ClientToken", "DryRun"})
"""Parameters that are about the request and not about what is asked for."""


class _Made(NamedTuple):
    form: dict[str, str]
    body: bytes


class Tokens:
    """What was made with which token, by account, region and operation."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, str, str, str], _Made] = {}

    def answer(self, caller: Caller, form: Mapping[str, str]) -> bytes | None:
        """The answer to a request that was answered before; `None` for a new one.

        Raises:
            CloudError: the token was used for something else, or is too long.
        """
        token = form.get("ClientToken", "")
        if len(token) > _LONGEST:
            raise invalid(f"The client token is longer than {_LONGEST} characters")
        made = self._made.get((caller.account, caller.region, form["Action"], token)) if token else None
        if made is None:
            return None
        if made.form != _parameters_of(form):
            raise refusal("token-reused")
        return made.body

    def keep(self, caller: Caller, form: Mapping[str, str], body: bytes) -> None:
        """Remember what was answered; a dry run makes nothing and is asked without it."""
        token = form.get("ClientToken", "")
        if token:
            self._made[caller.account, caller.region, form["Action"], token] = _Made(_parameters_of(form), body)


def _parameters_of(form: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in form.items() if name not in _ATTEMPT}
