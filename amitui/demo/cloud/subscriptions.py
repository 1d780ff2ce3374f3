"""Which Marketplace products an account has subscribed to; nothing with the code of another is launched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from amitui.demo.seed.accounts import MAIN_ACCOUNT
from amitui.demo.seed.marketplace import product_code

if TYPE_CHECKING:
    from amitui.demo.seed.accounts import Caller

_SUBSCRIBED: Final = frozenset({(MAIN_ACCOUNT, str(product_code("f5")["ProductCodeId"]))})
"""The main account runs one paid product, and has an image of its own of it."""


class Subscriptions:
    """The subscriptions of every account."""

    def has(self, caller: Caller, code: str) -> bool:
        """Whether the caller's account has subscribed to the product with the code."""
        return (caller.account, code) in _SUBSCRIBED
