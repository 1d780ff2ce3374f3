"""Pages of Auto Scaling: MaxRecords and NextToken."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, cast

from amitui.demo.cloud.autoscaling.model import scaling_error
from amitui.demo.cloud.model import CloudError
from amitui.demo.cloud.paging import question, read_token, write_token

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from amitui.demo.cloud.model import Params
    from amitui.demo.seed.accounts import Caller

_Entry = TypeVar("_Entry")


def records_page(
    member: str,
    entries: Sequence[_Entry],
    caller: Caller,
    params: Params,
    described: Callable[[_Entry], Params] | None = None,
    *,
    most: int = 100,
    usual: int = 50,
) -> Params:
    """One page of the entries.

    Args:
        member: what the answer calls the list.
        described: makes an answer of an entry; `None` = they are that.
        most: what MaxRecords may be.
        usual: entries of a page where the request does not say.
    """
    limit = int(params.get("MaxRecords", usual))
    if not 1 <= limit <= most:
        raise scaling_error(f"Value '{limit}' at 'maxRecords' failed to satisfy constraint: 1 to {most}.")
    requested = question(caller, {name: value for name, value in params.items() if name != "MaxRecords"})
    try:
        start = int(read_token(params.get("NextToken"), requested) or 0)
    except CloudError as error:
        raise CloudError("InvalidNextToken", error.message) from error
    chosen = entries[start : start + limit]
    answer: Params = {member: [described(one) if described else cast("Params", one) for one in chosen]}
    if start + limit < len(entries):
        answer["NextToken"] = write_token(str(start + limit), requested)
    return answer
