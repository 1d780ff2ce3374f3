"""Asks for MFA codes with a dialog, for whatever needs one: a worker, or an operation in the background."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from amitui.ec2.mfa import CodeRequest
    from amitui.ui.app import AmituiApp


class MfaPrompt:
    """The dialog of one application; `services.mfa_codes` has one question at a time."""

    def __init__(self, app: AmituiApp) -> None:
        self._app = app

    async def __call__(self, request: CodeRequest) -> str | None:
        """The code; `None` when none is given, or amitui is leaving."""
        from amitui.ui.screens.mfa import MfaScreen

        app = self._app
        if app.browse.is_leaving():
            return None
        answer: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()

        def answered(code: str | None) -> None:
            if not answer.done():
                answer.set_result(code)

        screen = MfaScreen(request.profile, request.device, request.problem)
        # The caller may be a task of no widget's.
        app.call_later(app.push_screen, screen, answered)
        try:
            return await answer
        finally:
            if not answer.done() or answer.cancelled():
                screen.withdraw()
