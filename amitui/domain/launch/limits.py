"""From what size on a launch is confirmed by typing how many instances it is: by their number, or their price.

What counts is the most that EC2 may launch, and the On-Demand price of an hour as far as it is known.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from amitui.domain.operations.plan import Plan

HOURLY: Final = "price_per_hour"
"""In a plan's `before`: what all its instances cost an hour on demand, as far as it was known."""


class LaunchLimits(NamedTuple):
    """What is launched without typing its number."""

    instances: int = 10
    """At most so many."""
    price_per_hour: float = 10.0
    """At most so much for all of them, in the currency of the price list."""

    def number_to_type(self, plans: Iterable[Plan]) -> str:
        """The number of instances if it has to be typed; empty = it need not, or nothing is launched."""
        plans = tuple(plans)
        count = launched_by(plans)
        if not count:
            return ""
        price = hourly_of(plans)
        return str(count) if count > self.instances or (price or 0.0) > self.price_per_hour else ""

    def reasons(self, plans: Iterable[Plan]) -> tuple[str, ...]:
        """Why the number has to be typed, and what could not be compared with a limit; a sentence each."""
        plans = tuple(plans)
        count = launched_by(plans)
        if not count:
            return ()
        price = hourly_of(plans)
        found = []
        if count > self.instances:
            found.append(f"{count:,} instances are more than {self.instances:,} (setting launch_confirm_count).")
        if price is None:
            found.append(
                f"The price is not known, so it is not compared with {self.price_per_hour:g} an hour "
                "(setting launch_confirm_price)."
            )
        elif price > self.price_per_hour:
            found.append(
                f"{price:,.2f} an hour is more than {self.price_per_hour:g} (setting launch_confirm_price)."
            )
        return tuple(found)


def launched_by(plans: Iterable[Plan]) -> int:
    """How many instances the plans launch at most."""
    calls = (call for plan in plans for call in plan.calls if call.api == "run_instances")
    return sum(int(call.parameters.get("MaxCount") or 1) for call in calls)


def hourly_of(plans: Iterable[Plan]) -> float | None:
    """What the plans' instances cost an hour together; `None` = the price of one of them is not known."""
    total = 0.0
    for plan in plans:
        if launched_by((plan,)):
            price = plan.before.get(HOURLY)
            if not isinstance(price, int | float):
                return None
            total += price
    return total
