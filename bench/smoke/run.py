"""Makes the checks one after the other, and turns whatever happens into a line of the report."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Final

from amitui.ec2.policy import action_of
from amitui.errors import AmituiError, CredentialsError, NetworkError
from bench.smoke.image_life import ImageLife, NotHere, Unexpected
from bench.smoke.leftovers import remove_leftovers
from bench.smoke.reads import CHECKS, Check, Reader, Skipped
from bench.smoke.report import Found, Line, Report, Verdict
from bench.smoke.watching import WatchedConnection

AUTH_FAILURE: Final = "AuthFailure"
"""Of a Region that is not enabled or an image of others: other calls may still succeed."""

NO_ANSWER_OF_EC2: Final = "ResponseParserError"
"""Something answered, such as an emulator that does not know the operation: it may know the next one."""
CLEAN_UP: Final = "clean-up"


async def run_reads(reader: Reader, report: Report, checks: Sequence[Check] = CHECKS) -> None:
    """The read-only checks.

    Raises:
        CredentialsError: AWS does not accept the credentials at all.
        NetworkError: AWS is not reached.
    """
    for check in checks:
        report.add(await _line(reader.connection, check.title, check.matters, partial(check.run, reader)))


async def run_life(life: ImageLife, connection: WatchedConnection, report: Report) -> None:
    """One image through its life; a step that fails lets those go on that do not need it.

    Raises:
        CredentialsError: AWS no longer accepts the credentials.
        NetworkError: AWS is not reached.
    """
    for title, matters, run in life.steps():
        report.add(await _line(connection, title, matters, run))


async def clean_up(
    connection: WatchedConnection,
    region: str,
    account: str,
    report: Report,
    say: Callable[[str], None],
    *,
    pause: float,
    title: str = CLEAN_UP,
) -> None:
    """Remove all that carries the tag, and say what is left."""

    async def run() -> Found:
        left = await remove_leftovers(connection, region, account, say, pause)
        return (
            Found("", tuple(f"still there: {one}" for one in left.all)) if left.all else Found("nothing is left")
        )

    report.add(await _line(connection, title, "what this test leaves behind", run))


async def _line(
    connection: WatchedConnection, title: str, matters: str, run: Callable[[], Awaitable[Found]]
) -> Line:
    try:
        found = await run()
    except (Skipped, NotHere) as reason:
        connection.take_unknown()
        return Line(title, Verdict.SKIPPED, str(reason))
    except Unexpected as failure:
        return _denied(connection, title) or Line(title, Verdict.DIFFERS, details=(str(failure),), matters=matters)
    except AmituiError as error:
        if _ends_everything(error):
            raise
        code = getattr(error, "code", "")
        details = tuple(
            f"{code}: {line}" if code and not number else line for number, line in enumerate(error.lines())
        )
        return _denied(connection, title) or Line(title, Verdict.FAILED, details=details, matters=matters)
    denied = _denied(connection, title)
    unknown = connection.take_unknown()
    differences = (*found.differences, *unknown.deciding)
    if denied is not None:
        return denied._replace(details=(*denied.details, *differences))
    verdict = Verdict.DIFFERS if differences else Verdict.EXPECTED
    return Line(title, verdict, found.facts, (*differences, *unknown.others), matters)


def _ends_everything(error: AmituiError) -> bool:
    """Whether every later call would fail as well: AWS is not reached, or does not accept the credentials."""
    if isinstance(error, NetworkError):
        return error.code != NO_ANSWER_OF_EC2 and not hasattr(error.__cause__, "response")
    return isinstance(error, CredentialsError) and error.code != AUTH_FAILURE


def _denied(connection: WatchedConnection, title: str) -> Line | None:
    """The line about what IAM denied in a check; `None` = nothing."""
    actions = [action_of(service, operation) for service, operation in connection.take_denied()]
    if not actions:
        return None
    return Line(title, Verdict.DENIED, details=(f"allow {', '.join(actions)}",))
