"""Pages of short lists: MaxResults and NextToken as EC2 documents them, a token good only for its own question."""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING

from amitui.demo.cloud.model import CloudError
from amitui.demo.cloud.rules import invalid
from amitui.demo.seed.records import digest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amitui.demo.cloud.model import Params
    from amitui.demo.seed.accounts import Caller


def question(caller: Caller, params: Params) -> str:
    """What a token must be sent with: the same caller and parameters, whatever the page size."""
    requested = {name: value for name, value in params.items() if name not in {"MaxResults", "NextToken"}}
    return digest(caller.account, caller.region, json.dumps(requested, sort_keys=True))[:16]


def write_token(last: str, requested: str) -> str:
    """A token for the page after `last`."""
    return base64.urlsafe_b64encode(f"{requested}:{last}".encode()).decode()


def read_token(token: str | None, requested: str) -> str:
    """After what the next page begins; an empty text for the first page.

    Raises:
        CloudError: the token came with another question, or from nowhere.
    """
    if token is None:
        return ""
    try:
        origin, _, last = base64.b64decode(token, b"-_", validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        origin = last = ""
    if origin != requested or not last:
        raise CloudError("InvalidNextToken", "The token is not valid for this request.")
    return last


def page(
    member: str, entries: Sequence[Params], caller: Caller, params: Params, *, least: int, most: int
) -> Params:
    """One page of the entries: all of them where MaxResults is not given.

    Args:
        member: what the answer calls the list.
        least, most: what MaxResults may be.
    """
    limit = int(params.get("MaxResults", most))
    if not least <= limit <= most:
        raise invalid(f"Value ( {limit} ) for parameter maxResults is invalid. Expecting {least} to {most}.")
    requested = question(caller, params)
    start = int(read_token(params.get("NextToken"), requested) or 0)
    if "MaxResults" not in params and "NextToken" not in params:
        return {member: list(entries)}
    answer: Params = {member: list(entries[start : start + limit])}
    if start + limit < len(entries):
        answer["NextToken"] = write_token(str(start + limit), requested)
    return answer
