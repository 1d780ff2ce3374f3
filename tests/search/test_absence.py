"""Where nothing is found, the reason is true of the Region that was asked."""

from __future__ import annotations

from amitui.cli.absence import why_nothing
from amitui.domain.catalogue.scope import ALL
from amitui.domain.catalogue.view import ViewRequest
from amitui.domain.query.parser import parse_query
from tests.search.judge import Stage
from tests.search.records import ME, NOW, REGION


def _why(stage: Stage, query: str, *regions: str) -> list[str]:
    view = ViewRequest(parse_query(query, now=NOW), regions, (ALL,), (ME,), False, NOW)
    with stage.reader() as reader:
        return list(why_nothing(reader, view, 0))


def test_a_region_that_is_not_cached_is_said_to_be_so_and_no_word_is_blamed(stage: Stage) -> None:
    assert _why(stage, "ubuntu 24.04", "xx-nowhere-1") == [
        "nothing of xx-nowhere-1 matches ubuntu 24.04",
        "nothing of xx-nowhere-1 is cached: amitui sync xx-nowhere-1 fetches it",
    ]


def test_beside_one_that_is_cached_the_word_is_blamed_too(stage: Stage) -> None:
    said = _why(stage, "ubuntu qqzzqq", REGION, "xx-nowhere-1")
    assert said[1:] == [
        "nothing of xx-nowhere-1 is cached: amitui sync xx-nowhere-1 fetches it",
        "no image has qqzzqq",
    ]


def test_of_look_alikes_it_is_said_where_they_can_be(stage: Stage) -> None:
    assert _why(stage, "look-alike owner:self", REGION)[1:] == [
        "look-alikes are images of strangers: --scope community fetches and searches these"
    ]
