"""How a parameter of Systems Manager is named where an image id is expected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from amitui.domain.products.parameters import public_parameter

if TYPE_CHECKING:
    from amitui.domain.image.row import ImageRow

RESOLVE: Final = "resolve:ssm:"
"""What EC2 takes in place of an image id, before a parameter's path: it resolves it at launch."""


def resolved_at_launch(row: ImageRow) -> str:
    """`resolve:ssm:` and the public parameter of an image's family; empty when none is known."""
    path = public_parameter(row)
    return f"{RESOLVE}{path}" if path else ""
