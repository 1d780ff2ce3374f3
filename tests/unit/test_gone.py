"""Images that EC2 no longer shows: how long they are remembered, who is shown them, and in which words."""

from __future__ import annotations

import pytest

from amitui.domain.catalogue.gone import MOST_GONE, GoneImage, gone_words, remembered
from amitui.domain.catalogue.shard import PUBLIC, Shard
from amitui.domain.catalogue.whereabouts import Fate

NOW = 1_790_000_000
DAY = 86_400
ME, OTHER = "123456789012", "210987654321"


def gone(
    number: int = 1, *, visibility: str = PUBLIC, noticed: int = NOW, fate: Fate = Fate.NOT_THERE
) -> GoneImage:
    return GoneImage(
        f"ami-{number:017x}",
        Shard("aws", visibility, "eu-west-1", "community"),
        "web",
        OTHER,
        "arm64",
        "Linux/UNIX",
        NOW - 90 * DAY,
        last_seen=NOW - DAY,
        noticed=noticed,
        fate=fate.value,
    )


def test_what_one_account_saw_is_shown_to_no_other() -> None:
    assert gone().is_visible_to(())
    assert gone(visibility=ME).is_visible_to((ME,))
    assert not gone(visibility=ME).is_visible_to((OTHER,))
    assert not gone(visibility=ME).is_visible_to(())


def test_an_image_is_remembered_for_the_time_set_from_when_it_was_first_missed() -> None:
    old, first, again = gone(1, noticed=NOW - 8 * DAY), gone(2, noticed=NOW - 6 * DAY), gone(2, noticed=NOW - DAY)
    assert remembered([again, old, first], now=NOW, keep_seconds=7 * DAY) == [first]


def test_what_is_dated_ahead_of_the_clock_counts_as_noticed_now() -> None:
    assert remembered([gone(noticed=NOW + 9 * DAY)], now=NOW, keep_seconds=DAY) == [gone()]


def test_the_oldest_are_forgotten_when_there_are_too_many() -> None:
    found = remembered(
        [gone(number, noticed=NOW - number) for number in range(MOST_GONE + 5)], now=NOW, keep_seconds=DAY
    )
    assert found == [gone(number, noticed=NOW - number) for number in range(MOST_GONE)]


@pytest.mark.parametrize(
    ("fate", "words"),
    [
        (Fate.NOT_THERE, "was deregistered or made private"),
        (Fate.DEREGISTERED, "was deregistered"),
        (Fate.NOT_SHARED, "was made private, or is no longer shared with you"),
    ],
)
def test_what_became_of_it_is_said_as_far_as_ec2_says_it(fate: Fate, words: str) -> None:
    line = gone_words(gone(fate=fate))
    assert (
        f"ami-00000000000000001 (web, owner {OTHER}) {words}, in eu-west-1; last seen 2026-09-20 14:13 UTC" in line
    )


def test_an_image_without_name_or_date_is_named_by_what_is_known() -> None:
    line = gone_words(gone()._replace(name="", last_seen=0))
    assert line == (
        f"ami-00000000000000001 (owner {OTHER}) was deregistered or made private, in eu-west-1, "
        "missing since 2026-09-21 14:13 UTC"
    )
