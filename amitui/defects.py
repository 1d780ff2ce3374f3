"""Exceptions that nobody foresaw, in words: their kind and place, never their values.

A message of a `KeyError` or of a parser can hold what AWS or the user gave. Kind and place are all that is kept,
which is enough to find the mistake. What the operating system refused is no mistake: it has words of its own.
"""

from __future__ import annotations

import os
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

from amitui.errors import AmituiError, DefectError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

_PACKAGE = os.path.dirname(os.path.abspath(__file__))
_IS_COROUTINE_FUNCTION = 0x80
"""`inspect.CO_COROUTINE`; importing inspect would take longer than everything here."""

ClassT = TypeVar("ClassT", bound=type)


def defect_of(error: BaseException) -> AmituiError:
    """The failure in words; one that has words already is given back."""
    if isinstance(error, AmituiError):
        return error
    refused = _refusal(error)
    if refused is not None:
        return refused
    kinds = type(error).__name__
    cause = error.__cause__
    if cause is not None and not isinstance(cause, AmituiError):
        kinds += f" (because of {type(cause).__name__})"
    place = place_of(error.__traceback__)
    return DefectError(
        "amitui has an internal error",
        why=f"{kinds} in {place}" if place else kinds,
        remedy="everything else continues; include that line when you report it",
    )


def _refusal(error: BaseException) -> AmituiError | None:
    """What the machine had no room, no right or no character for; `None` for a mistake."""
    if isinstance(error, MemoryError):
        return AmituiError("out of memory", remedy="request less: --limit N, fewer Regions, a narrower scope")
    if isinstance(error, UnicodeEncodeError):
        return AmituiError(
            f"the encoding {error.encoding} cannot represent a character",
            remedy="PYTHONIOENCODING=utf-8, or -o json",
        )
    if isinstance(error, OSError) and error.errno is not None:
        from amitui.os_faults import explain_call

        return explain_call(error)
    return None


def place_of(trace: TracebackType | None) -> str:
    """The innermost place in amitui that a traceback goes through, and where it ends if that is elsewhere."""
    own = last = ""
    while trace is not None:
        code = trace.tb_frame.f_code
        last = f"{_shown(code.co_filename)}:{trace.tb_lineno} ({code.co_name})"
        if code.co_filename.startswith(_PACKAGE + os.sep):
            own = last
        trace = trace.tb_next
    return f"{own}, from {last}" if own and own != last else last


def _shown(path: str) -> str:
    """A source file without the folders of this machine."""
    if path.startswith(_PACKAGE + os.sep):
        return "amitui" + path[len(_PACKAGE) :]
    return "/".join(path.split(os.sep)[-2:])


def only_amitui_errors(*passing: type[Exception]) -> Callable[[ClassT], ClassT]:
    """A class decorator: no public coroutine method lets an exception out that has no words.

    Who awaits one can then always say what went wrong, and go on.

    Args:
        passing: exceptions that mean something to the callers.
    """

    def decorate(made: ClassT) -> ClassT:
        for name, method in list(vars(made).items()):
            code = getattr(method, "__code__", None)
            if not name.startswith("_") and code is not None and code.co_flags & _IS_COROUTINE_FUNCTION:
                setattr(made, name, _in_words(method, (AmituiError, *passing)))
        return made

    return decorate


def _in_words(method: Callable[..., Any], passing: tuple[type[Exception], ...]) -> Callable[..., Any]:
    @wraps(method)
    async def worded(*args: Any, **named: Any) -> Any:
        try:
            return await method(*args, **named)
        except passing:
            raise
        except Exception as error:
            raise defect_of(error) from error

    return worded
