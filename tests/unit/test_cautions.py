"""What is said of an image that somebody takes."""

from __future__ import annotations

import pytest

from amitui.domain.image.image import ImageFlag
from amitui.domain.image.trust import Trust
from amitui.presentation.cautions import cautions, cautions_of_all
from tests.unit.test_presentation import DAY, HEALTHY, NOW

PRO = HEALTHY._replace(platform="Ubuntu Pro")
OLD = HEALTHY._replace(deprecated=NOW - 40 * DAY)
FALSE = HEALTHY._replace(trust=Trust.LOOKALIKE)


def test_nothing_is_said_of_a_plain_image() -> None:
    assert cautions(HEALTHY, NOW) == []
    assert cautions_of_all([HEALTHY, HEALTHY], NOW) == ""


@pytest.mark.parametrize(
    "platform",
    [
        "Ubuntu Pro",
        "Windows",
        "Red Hat Enterprise Linux",
        "SUSE Linux",
        "Windows with SQL Server Web",
        "Something new",
    ],
)
def test_a_licence_that_is_paid_for_is_named(platform: str) -> None:
    assert cautions(HEALTHY._replace(platform=platform), NOW) == [f"charged beyond the instance ({platform})"]


@pytest.mark.parametrize("platform", ["", "Linux/UNIX", "Red Hat BYOL Linux", "Windows BYOL"])
def test_a_platform_without_a_charge_is_not(platform: str) -> None:
    assert cautions(HEALTHY._replace(platform=platform), NOW) == []


def test_a_sellers_product_code_is_named_before_the_platform() -> None:
    paid = HEALTHY._replace(flags=ImageFlag.PUBLIC | ImageFlag.PAID)
    assert cautions(paid, NOW) == ["charged beyond the instance (product code)"]


def test_the_worst_comes_first() -> None:
    worst = PRO._replace(trust=Trust.LOOKALIKE, deprecated=NOW - 40 * DAY, state="pending")
    assert [text.split(" ")[0] for text in cautions(worst, NOW)] == [
        "look-alike:",
        "pending",
        "deprecated",
        "charged",
    ]


def test_a_deprecation_to_come_is_no_caution() -> None:
    assert cautions(HEALTHY._replace(deprecated=NOW + DAY), NOW) == []


def test_of_several_images_the_cautions_are_counted() -> None:
    assert cautions_of_all([PRO, PRO, OLD, FALSE, HEALTHY], NOW) == (
        "2 charged beyond the instance, 1 deprecated, 1 look-alike"
    )
