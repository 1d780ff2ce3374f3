"""The plan of a clean-up on stdout for people: a terminal gets its sums first, and behind a long table again."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from amitui.charset import for_people
from amitui.cli.messages import columns_of, say
from amitui.presentation.clean_plan import summary_lines, table_lines

if TYPE_CHECKING:
    from amitui.domain.retention.accounts import Owners
    from amitui.domain.retention.plan import RetentionPlan
    from amitui.domain.retention.survey import Survey


def print_table(plan: RetentionPlan, survey: Survey, owners: Owners | None) -> bool:
    """Print the table, on a terminal behind its sums; whether these can still be seen, and need not be said again.

    Raises:
        BrokenPipeError: nobody reads it any more.
    """
    lines = list(table_lines(plan, survey, columns_of(sys.stdout), owners))
    first = bool(lines) and sys.stdout.isatty()
    if first:
        say_sums(plan, survey)
    for line in lines:
        print(for_people(line))
    return first and len(lines) < os.get_terminal_size(sys.stdout.fileno()).lines


def say_sums(plan: RetentionPlan, survey: Survey) -> None:
    """Say what the table amounts to."""
    for line in summary_lines(plan, survey):
        say(line)
