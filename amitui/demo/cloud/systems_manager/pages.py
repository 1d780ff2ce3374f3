"""Pages of the services that speak JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amitui.demo.cloud.model import CloudError
from amitui.demo.cloud.paging import question, read_token, write_token

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amitui.demo.cloud.model import Params
    from amitui.demo.seed.accounts import Caller


def json_page(
    member: str,
    entries: Sequence[Params | str],
    caller: Caller,
    params: Params,
    *,
    most: int,
    usual: int | None = None,
) -> Params:
    """One page of the entries.

    Args:
        member: what the answer calls the list.
        most: what MaxResults may be.
        usual: entries of a page where the request does not say; `None` = the most.
    """
    limit = int(params.get("MaxResults", usual or most))
    if not 1 <= limit <= most:
        raise CloudError("ValidationException", f"Member must have value less than or equal to {most}.")
    requested = question(caller, params)
    start = int(read_token(params.get("NextToken"), requested) or 0)
    answer: Params = {member: list(entries[start : start + limit])}
    if start + limit < len(entries):
        answer["NextToken"] = write_token(str(start + limit), requested)
    return answer
