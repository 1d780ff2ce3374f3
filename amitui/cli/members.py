"""What commands say of the accounts that are used together: those that cannot be read, and those named twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amitui.cli.guard import print_error
from amitui.cli.messages import say

if TYPE_CHECKING:
    from amitui.errors import AmituiError
    from amitui.services.members import Members


def say_what_is_wrong(members: Members, *, but: AmituiError | None = None) -> int:
    """Say of each member that cannot be used why, and of each that is another one's account that it is.

    Args:
        but: a failure that ends the command, and is said in any case.

    Returns:
        The exit code of the first of these failures; 0: there is none.
    """
    if not members.several:
        return 0
    code = 0
    said = {tuple(but.lines())} if but is not None else set()
    for one in members.all:
        if one.problem is not None:
            code = code or one.problem.exit_code
            if (words := tuple(one.problem.lines())) not in said:
                said.add(words)
                print_error(one.problem, "the other accounts are used without it")
        elif one.duplicate_of:
            say(f"profile {one.profile} is account {one.account}, as profile {one.duplicate_of} is, which is used")
    return code
