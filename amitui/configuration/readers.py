"""How each setting is read: from TOML's values and from texts of the environment."""

from __future__ import annotations

from collections.abc import Callable

from amitui.errors import UsageError
from amitui.identity.endpoints import is_url
from amitui.settings import GLYPHS


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("a text")
    return value


def read_flag(value: object) -> bool:
    """Yes or no, in the words of TOML or of a shell.

    Raises:
        TypeError: what it should have been.
    """
    if isinstance(value, bool):
        return value
    word = value.strip().lower() if isinstance(value, str) else ""
    if word in ("1", "true", "yes", "on"):
        return True
    if word in ("0", "false", "no", "off"):
        return False
    raise TypeError("true or false (or 1, yes, on; 0, no, off)")


def read_url(value: object) -> str | None:
    """A URL; `None` for an empty text.

    Raises:
        TypeError: what it should have been.
    """
    if isinstance(value, str) and (not value or is_url(value)):
        return value or None
    raise TypeError("a URL such as http://127.0.0.1:4566")


def _profile(value: object) -> str | None:
    return _text(value) or None


def _texts(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(part for part in value.replace(",", " ").split() if part)
    if isinstance(value, list | tuple) and all(isinstance(part, str) for part in value):
        return tuple(value)
    raise TypeError("a string or a list of strings")


def read_profiles(value: object) -> tuple[str, ...]:
    """Names of profiles, or patterns of them.

    Raises:
        TypeError: what it should have been.
    """
    if isinstance(value, str) and value:
        return (value,)
    if isinstance(value, list) and value and all(isinstance(part, str) and part.strip() for part in value):
        return tuple(value)
    raise TypeError('a list of profiles or patterns such as ["*-prod", "shared"]')


def read_organization(value: object) -> str:
    """The name of the role that is assumed in the accounts of the organization; empty for an empty text.

    Raises:
        TypeError: what it should have been.
    """
    from amitui.identity.roles import is_role_name

    if isinstance(value, str) and (not value or is_role_name(value)):
        return value
    raise TypeError("the name of a role, such as ImageReader")


def read_organization_accounts(value: object) -> tuple[str, ...]:
    """Ids, names and patterns of accounts, and ids of organizational units; commas separate those of one text.

    Raises:
        TypeError: what it should have been.
    """
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    if isinstance(value, list | tuple) and all(isinstance(part, str) and part.strip() for part in value):
        return tuple(value)
    raise TypeError('a list of accounts\' names, IDs and patterns such as ["*-prod"]')


def _number(value: object, wanted: str) -> float:
    """A number from 0 to below 1e9.

    Raises:
        TypeError: it is none; says what was wanted.
    """
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        raise TypeError(wanted) from None
    if isinstance(value, bool) or not 0 <= number < 1e9:
        raise TypeError(wanted)
    return number


def _positive(value: object) -> float:
    number = _number(value, wanted := "a number above 0 and below 1e9")
    if not number:
        raise TypeError(wanted)
    return number


def _positive_or_zero(value: object) -> float:
    return _number(value, "0 or a number above it and below 1e9")


_FEWEST_CALLS = 0.2


def _calls_per_second(value: object) -> float:
    number = _number(value, wanted := f"a number from {_FEWEST_CALLS} to below 1e9")
    if number < _FEWEST_CALLS:
        raise TypeError(wanted)
    return number


def _page_size(value: object) -> int:
    number = _number(value, wanted := "a whole number from 1 to 1000, the range that EC2 accepts")
    if number != int(number) or not 1 <= number <= 1000:
        raise TypeError(wanted)
    return int(number)


_MOST_PAGE_WORKERS = 16


def _page_workers(value: object) -> int:
    number = _number(value, wanted := f"a whole number from 0 to {_MOST_PAGE_WORKERS}")
    if number != int(number) or number > _MOST_PAGE_WORKERS:
        raise TypeError(wanted)
    return int(number)


def _whole(value: object) -> int:
    number = _number(value, wanted := "a whole number from 0 to below 1e9")
    if number != int(number):
        raise TypeError(wanted)
    return int(number)


def _glyphs(value: object) -> str:
    if value not in GLYPHS:
        raise TypeError(" or ".join(GLYPHS))
    return str(value)


def _catalogue(value: object) -> str:
    text = _text(value)
    if text and not text.startswith(("s3://", "https://", "http://", "/", "~")):
        raise TypeError("s3://BUCKET/PREFIX, https://HOST/PATH or the full path of a folder")
    return text


READERS: dict[str, Callable[[object], object]] = {
    "query": _text,
    "regions": _texts,
    "profile": _profile,
    "organization": read_organization,
    "organization_accounts": read_organization_accounts,
    "scopes": _texts,
    "read_only": read_flag,
    "offline": read_flag,
    "endpoint_url": read_url,
    "catalogue": _catalogue,
    "theme": _text,
    "mouse": read_flag,
    "glyphs": _glyphs,
    "ttl_hours": _positive,
    "ttl_own_minutes": _positive,
    "gone_days": _positive_or_zero,
    "cache_limit_mb": _positive_or_zero,
    "page_size": _page_size,
    "calls_per_second": _calls_per_second,
    "page_workers": _page_workers,
    "launch_confirm_count": _whole,
    "launch_confirm_price": _positive_or_zero,
}
"""What may stand in the config file and, upper-cased behind `AMITUI_`, in the environment."""


def checked(read: Callable[[object], object], value: object, where: str) -> object:
    """What a reader makes of a value.

    Args:
        where: what holds the value, for the error.

    Raises:
        UsageError: it is of the wrong kind.
    """
    try:
        return read(value)
    except TypeError as error:
        raise UsageError(f"{where} must be {error}, not {value!r}") from error
