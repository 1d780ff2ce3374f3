"""Turns what botocore, aiohttp or the system raised into one `AwsError` with words; the only place that can.

Exceptions are recognised by the names of their classes: nothing of botocore is imported for it, and an exception
of a botocore that is not loaded cannot occur.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from amitui.domain.region import PLACES
from amitui.domain.shell import quoted
from amitui.ec2.convert import sanitize
from amitui.ec2.errors.codes import BROKEN, BY_CODE, FOREIGN_IMAGE, NOT_SUBSCRIBED, REFUSED, UNKNOWN_REGION
from amitui.ec2.errors.connection import (
    BROKEN_OFF,
    BY_EXCEPTION,
    MFA_NEEDED,
    MFA_NOT_GIVEN,
    ROLE_DENIED,
    UNKNOWN,
    Fault,
)
from amitui.ec2.errors.refusals import REFUSALS
from amitui.ec2.guard import READS
from amitui.errors import AmituiError, AwsError, DeniedError, ThrottledError
from amitui.identity.caller import find_caller
from amitui.identity.renewal import renewal_words
from amitui.identity.roles import aws_profile, parse_role

STALE_TOKEN_CODES: Final = frozenset({"InvalidNextToken", "InvalidPaginationToken"})
"""EC2's answers to a NextToken that it has forgotten: the list must be started again."""

_KNOWN_CAUSES: Final = frozenset({"gaierror", "ConnectionRefusedError"})
"""Errors of the system that say why a connection could not be made, in words of their own."""
_DETAIL_CHARACTERS: Final = 400
_ENCODED_MESSAGE = re.compile(r"[\s.]*Encoded authorization failure message:\s*(?P<message>[\w-]+)", re.ASCII)
_WEB_PAGE = re.compile(r"<(!doctype html|html)\b", re.IGNORECASE)
_TITLE = re.compile(r"<title>([^<]{1,80})", re.IGNORECASE)
_CUT_OFF = re.compile(r"no element found|unclosed token|unclosed CDATA")
"""What the XML parser says of a text that ends too early."""
_NO_SUCH_PLACE: Final = (
    UNKNOWN_REGION,
    *(BY_EXCEPTION[name] for name in ("gaierror", "EndpointConnectionError", "UnknownEndpointError")),
)
"""What a Region's name that is mistyped leads to, besides other causes."""
_USER_INFO = re.compile(r"(?<=//)[^/@\s]+@")
_CLIENT_ERROR_HEAD = re.compile(r"^An error occurred \([^)]*\) when calling the \w+ operation[^:]*: ")


def explain(error: BaseException, *, profile: str | None, region: str | None, action: str) -> AwsError:
    """The failure in words.

    Args:
        error: what was raised; an `AwsError` comes back as it is.
        profile: the profile in use, `None` for the default one or the environment.
        region: where it happened, if the failure is a region's.
        action: what was being done, as in "could not list the images".
    """
    if isinstance(error, AwsError):
        return error
    code, status = _error_code(error), _status(error)
    detail = _detail(error)
    fault = _fault_by_code(error, code, detail, status) if code else _fault_by_class(error)
    encoded = _ENCODED_MESSAGE.search(detail)
    words = {
        "action": action,
        "place": f" in {sanitize(region)}" if region else "",
        "region": f" {sanitize(region)}" if region else "",
        **_caller_words(profile),
        "detail": _shortened(_ENCODED_MESSAGE.sub("", detail)),
        "permission": _permission(error),
    }
    remedy = fault.remedy.format_map(words)
    if region and region not in PLACES and fault in _NO_SUCH_PLACE:
        # Not before: a Region that is new may not be known here.
        from amitui.domain.query.suggest import nearest

        meant = nearest(region, PLACES)
        remedy = f"did you mean {meant}? {remedy}" if meant else remedy
    if encoded:
        named = aws_profile(profile or "")
        command = f"{named.before}aws sts decode-authorization-message{named.option} --encoded-message "
        remedy = f"{remedy}; {command}{encoded['message']}"
    explained = fault.kind(
        fault.what.format_map(words),
        why=fault.why.format_map(words),
        remedy=remedy,
        code=code or type(error).__name__,
    )
    if code and not _is_documented(code, status):
        explained.refusal = False
    return explained


def mfa_needed(profile: str | None, *, asked: bool = False) -> AwsError:
    """What is raised where an MFA code is needed and none was given.

    Args:
        asked: whether its user was asked; false = there is nobody who could be.
    """
    words = _caller_words(profile)
    fault = MFA_NOT_GIVEN if asked else MFA_NEEDED
    return fault.kind(
        fault.what.format_map(words), why=fault.why, remedy=fault.remedy.format_map(words), code="MFARequired"
    )


@contextmanager
def explained(*, profile: str | None, region: str | None, action: str) -> Iterator[None]:
    """Within it, every failure leaves as an `AmituiError`; cancellation passes."""
    try:
        yield
    except AmituiError:
        raise
    except Exception as error:
        raise explain(error, profile=profile, region=region, action=action) from error


def is_stale_token(error: AwsError) -> bool:
    """Whether the list has to be started again because EC2 forgot its NextToken."""
    return error.code in STALE_TOKEN_CODES


def _is_documented(code: str, status: int) -> bool:
    """Whether an answer is what EC2 documents as a refusal of the client's request.

    A server's error is none, whatever its code says, but for throttling, which EC2 answers with 503.
    """
    if status and not 400 <= status < 500:
        return code in BY_CODE and BY_CODE[code].kind is ThrottledError
    return code in BY_CODE or code in REFUSALS


def _fault_by_code(error: BaseException, code: str, detail: str, status: int) -> Fault:
    if (
        getattr(error, "operation_name", None) == "AssumeRole"
        and code in BY_CODE
        and BY_CODE[code].kind is DeniedError
    ):
        return ROLE_DENIED
    # One code, two meanings: an account without the region or a Marketplace image without its subscription …
    if code == "OptInRequired" and "marketplace" in detail.lower():
        return NOT_SUBSCRIBED
    # … signed for a Region that the endpoint does not serve …
    if code == "AuthFailure" and "scoped to a valid region" in detail.lower():
        return UNKNOWN_REGION
    # … and credentials that are wrong, or right ones for somebody else's image.
    if code == "AuthFailure" and "credentials" not in detail.lower():
        return FOREIGN_IMAGE
    if code in BY_CODE:
        return BY_CODE[code]
    if status >= 500 or code.isdigit():
        return BROKEN
    return REFUSED if not status or status >= 400 else BY_EXCEPTION["ResponseParserError"]


def connection_cause(error: BaseException) -> BaseException | None:
    """What aiohttp raised, where botocore's exception says no more than that the connection failed."""
    details = getattr(error, "kwargs", None)
    cause = details.get("error") if isinstance(details, dict) else None
    return cause if isinstance(cause, BaseException) else None


def _system_error(error: BaseException) -> OSError | None:
    """The system's error because of which botocore could not connect."""
    found = getattr(connection_cause(error), "os_error", None)
    is_connecting = type(error).__name__ == "EndpointConnectionError"
    return found if is_connecting and isinstance(found, OSError) else None


def _system_words(error: OSError) -> str:
    # asyncio puts the address in the place of the system's words; a resolver's numbers are not the system's.
    if error.errno is not None and error.errno > 0:
        return os.strerror(error.errno).lower()
    return (error.strerror or type(error).__name__).lower()


def _fault_by_class(error: BaseException) -> Fault:
    system = type(_system_error(error)).__name__
    if system in _KNOWN_CAUSES:
        return BY_EXCEPTION[system]
    if _CUT_OFF.search(str(error)) and not _WEB_PAGE.search(str(error)):
        return BROKEN_OFF
    for kind in type(error).__mro__:
        if kind.__name__ in BY_EXCEPTION:
            return BY_EXCEPTION[kind.__name__]
        if kind.__module__.partition(".")[0] == "aiohttp":
            return BY_EXCEPTION["ConnectionError"]
    return UNKNOWN


def _error_code(error: BaseException) -> str:
    found = _response(error).get("Error")
    code = found.get("Code") if isinstance(found, dict) else None
    return sanitize(str(code))[:100] if code else ""


def _status(error: BaseException) -> int:
    """The HTTP status of the answer; 0 when it is not known, or there was none."""
    metadata = _response(error).get("ResponseMetadata")
    status = metadata.get("HTTPStatusCode") if isinstance(metadata, dict) else None
    return status if isinstance(status, int) else 0


def _response(error: BaseException) -> dict[str, Any]:
    response = getattr(error, "response", None)
    return response if isinstance(response, dict) else {}


def _detail(error: BaseException) -> str:
    found = _response(error).get("Error")
    message = found.get("Message") if isinstance(found, dict) else None
    if isinstance(error, OSError) and error.filename and error.strerror:
        message = f"{error.filename} ({error.strerror.lower()})"
    text = str(message) if message else _CLIENT_ERROR_HEAD.sub("", str(error))
    if (system := _system_error(error)) is not None:
        # botocore's own text names the address only.
        text = f"{getattr(error, 'kwargs', {}).get('endpoint_url', '')} ({_system_words(system)})"
    if not text.strip():
        text = type(error).__name__
    if (page := _WEB_PAGE.search(text)) is not None:
        title = " ".join((_TITLE.search(text, page.start()) or ("", ""))[1].split())
        text = f"a web page answered: {title}" if title else "a web page answered"
    # Line ends are harmless in what botocore itself lays out, and would only become marks.
    return sanitize(_USER_INFO.sub("…@", " ".join(text.split())))


def _shortened(text: str) -> str:
    return text if len(text) <= _DETAIL_CHARACTERS else text[: _DETAIL_CHARACTERS - 1] + "…"


def _caller_words(profile: str | None) -> dict[str, str]:
    """The placeholders that depend on who acts."""
    role, acting = parse_role(profile or ""), aws_profile(profile or "")
    caller = find_caller(profile)
    if role is not None and caller.source.base is not None:
        # Its credentials come from its source: that is what can be renewed and tried.
        profile, caller = role.source or None, caller._replace(source=caller.source.base)
    option = _profile_option(profile)
    who = f"profile {sanitize(profile)}" if profile and role is None else caller.words
    return {
        "who": who,
        "role": who if role is not None else f"the role of {who}",
        "option": option,
        "acting": acting.option,
        "setup": acting.before,
        "renew": renewal_words(caller.source, profile),
        "start": _start(profile),
    }


def _start(profile: str | None) -> str:
    """The command that starts amitui so that a profile governs it while the environment's keys act."""
    if not profile:
        return "amitui"
    # The first that applies wins.
    variable = "AWS_DEFAULT_PROFILE" if "AWS_DEFAULT_PROFILE" in os.environ else "AWS_PROFILE"
    return f"{variable}={quoted(sanitize(profile))} amitui"


def _profile_option(profile: str | None) -> str:
    return f" --profile {quoted(sanitize(profile))}" if profile else ""


def _permission(error: BaseException) -> str:
    operation = getattr(error, "operation_name", None)
    if not isinstance(operation, str) or not operation:
        return "the permission"
    service = next((name for name, reads in READS.items() if operation in reads), "ec2")
    return f"{service}:{sanitize(operation)}"
