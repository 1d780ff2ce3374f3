from __future__ import annotations

import pytest

from amitui.domain.query.reasons import PLAIN_AND_NEWEST
from amitui.presentation.details.explain import DetailLine
from amitui.presentation.details.why import WHY, why_line
from tests.unit.test_details import groups, labels
from tests.unit.test_exports import row

NOBLE = "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-arm64-server-20261022"


@pytest.mark.parametrize(
    ("name", "publisher", "words"),
    [
        (NOBLE, "Canonical", "newest build of Ubuntu 24.04, by Canonical"),
        ("RHEL-9.8.0_HVM-20261020-x86_64-0-Hourly2-GP3", "Red Hat", "newest build of RHEL 9.8, by Red Hat"),
        # A name proves nothing.
        (NOBLE, "", "the publisher's own plain build, the newest"),
    ],
)
def test_of_the_first_plain_image_the_product_and_its_publisher_are_named(
    name: str, publisher: str, words: str
) -> None:
    assert why_line(row(name=name, publisher=publisher), PLAIN_AND_NEWEST) == DetailLine(
        WHY, words, severity="good"
    )


def test_what_speaks_against_an_image_is_marked_as_a_warning() -> None:
    found = why_line(
        row(name=NOBLE, publisher="Canonical"), ("Marketplace copy", "+daily", "newer release exists")
    )
    assert found == DetailLine(WHY, "Marketplace copy, +daily, newer release exists", severity="warn")


def test_without_a_reason_there_is_no_line() -> None:
    assert why_line(row(name=NOBLE), ()) is None
    assert WHY not in labels(groups()["Identity"])
