from __future__ import annotations

from typing import Any

import pytest

from amitui.domain.operations.kinds import OperationKind
from amitui.domain.operations.operation import Event, EventKind, Operation, State, fold, planned
from amitui.domain.operations.plan import Call, Plan, Watch
from amitui.presentation.glyphs import ASCII, UNICODE
from amitui.presentation.operation_details import operation_groups, step_times
from amitui.presentation.operation_rows import columns, headline, late_words, row
from amitui.presentation.operation_words import (
    bar,
    duration,
    estimate,
    next_words,
    role,
    short_state,
    sign,
    state_words,
    step_words,
)

NOW = 1_790_000_000.0
COPY = Call("copy_image", "eu-west-1", {"Name": "web"}, "copy the image")
UNTIL_AVAILABLE = Watch("image", "eu-west-1", "", ("available",), ("failed",))
A, ANSWERED, SEEN = EventKind.SENDING, EventKind.ACCEPTED, EventKind.OBSERVED
MADE = (1.0, ANSWERED, {"step": 0, "made": "ami-2"})


def events(
    *happened: tuple[float, EventKind, dict[str, Any]], steps: tuple[Any, ...] = (COPY, UNTIL_AVAILABLE)
) -> list[Event]:
    plan = Plan(
        OperationKind.COPY, "Copy web to eu-west-1", "eu-west-1", "ami-1", steps, changes=("web exists there",)
    )
    first = planned("op-1", plan, NOW, account="123456789012", profile="prod", batch="b", driver="d")
    return [first, *(Event("op-1", NOW + after, what, data) for after, what, data in happened)]


def operation(*happened: tuple[float, EventKind, dict[str, Any]], **words: Any) -> Operation:
    return fold(events(*happened, **words))


def halfway() -> Operation:
    return operation(
        (0, A, {"step": 0}),
        MADE,
        (10, SEEN, {"step": 1, "state": "pending", "progress": 10}),
        (110, SEEN, {"step": 1, "state": "pending", "progress": 60}),
    )


@pytest.mark.parametrize(
    ("percent", "shown"),
    [(0, "░░░░░"), (19, "░░░░░"), (20, "█░░░░"), (99, "████░"), (100, "█████"), (250, "█████")],
)
def test_a_bar_is_full_only_at_the_end(percent: int, shown: str) -> None:
    assert bar(percent, 5) == shown


def test_a_bar_for_ascii_terminals_is_ascii() -> None:
    assert bar(40, 5, ASCII) == "##..."


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0s"), (59.9, "59s"), (185, "3m05s"), (7440, "2h04m"), (1_047_600, "12d03h"), (-3, "0s")],
)
def test_a_duration_takes_six_cells_at_most(seconds: float, words: str) -> None:
    assert duration(seconds) == words
    assert len(words) <= 6


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(None, ""), (12, "under a min"), (170, "about 3 min"), (7000, "about 2 h"), (200_000, "about 2 d")],
)
def test_an_estimate_is_no_more_exact_than_it_can_be(seconds: float | None, words: str) -> None:
    assert estimate(seconds) == words


def test_there_is_an_estimate_only_with_a_rate() -> None:
    assert late_words(halfway(), NOW + 110) == "about 1 min"
    once = operation((0, A, {"step": 0}), MADE, (10, SEEN, {"step": 1, "state": "pending", "progress": 10}))
    assert late_words(once, NOW + 110) == ""


def test_what_has_ended_says_how_long_ago() -> None:
    done = operation((0, A, {"step": 0}), MADE, (60, EventKind.DONE, {}))
    assert late_words(done, NOW + 60 + 7200) == "2h ago"
    assert late_words(done, NOW + 70) == "just now"


@pytest.mark.parametrize(
    ("happened", "words", "mark"),
    [
        ((), "about to start", "○"),
        (((0, A, {"step": 0}),), "requesting: copy the image", "●"),
        (
            ((0, A, {"step": 0}), (5, EventKind.UNSURE, {"why": "gone"})),
            "no response: checking with EC2 whether it happened",
            "●",
        ),
        (((0, A, {"step": 0}), MADE), "waiting until the image is available", "●"),
        (((0, A, {"step": 0}), MADE, (9, EventKind.ON_HOLD, {"why": "old"})), "waits for you", "!"),
        (((0, A, {"step": 0}), MADE, (9, EventKind.DONE, {})), "done", "✓"),
        (
            ((0, A, {"step": 0}), (9, EventKind.FAILED, {"what": "the name is taken"})),
            "failed: the name is taken",
            "✗",
        ),
        (((0, A, {"step": 0}), (9, EventKind.DROPPED, {})), "given up", "–"),
    ],
)
def test_each_state_has_words_and_a_sign(happened: Any, words: str, mark: str) -> None:
    found = operation(*happened)
    assert state_words(found) == words
    assert sign(found) == mark
    assert next_words(found), "there is always something to say about what comes next"


def test_what_was_done_in_part_is_no_success() -> None:
    results = [["snap-1", True, "deleted"], ["snap-2", False, "another image uses it"]]
    found = operation((0, A, {"step": 0}), (1, ANSWERED, {"step": 0, "results": results}), (1, EventKind.DONE, {}))
    assert (sign(found), role(found), state_words(found)) == ("!", "warn", "done, except 1 of 2")
    groups = {group.title: group.lines for group in operation_groups(found, [], NOW)}
    assert [(line.label, line.severity) for line in groups["Results"]] == [("snap-1", "good"), ("snap-2", "bad")]


def test_while_later_calls_depend_on_it_amitui_is_to_be_left_running() -> None:
    start = Call("start_instances", "us-east-1", {}, "start the instance again")
    stopped = Watch("instance", "us-east-1", "i-1", ("stopped",))
    stop = Call("stop_instances", "us-east-1", {}, "stop the instance")
    asked = ((0.0, A, {"step": 0}), (1.0, ANSWERED, {"step": 0}))
    assert (
        "still has to start the instance again" in next_words(operation(*asked, steps=(stop, stopped, start)))[0]
    )
    assert "You can close amitui" in next_words(operation(*asked, steps=(stop, stopped)))[0]


def test_a_failure_names_the_cause_the_remedy_and_what_was_left() -> None:
    failure = {"step": 1, "what": "the image failed", "why": "no such key", "remedy": "use a key", "code": "NoKey"}
    found = operation((0, A, {"step": 0}), MADE, (60, EventKind.FAILED, failure))
    lines = operation_groups(found, events((0, A, {"step": 0}), MADE, (60, EventKind.FAILED, failure)), NOW + 99)
    said = {line.label: line.value for line in lines[0].lines}
    assert said["Cause"] == "no such key"
    assert said["EC2's code"] == "NoKey"
    assert said["Next"] == "Use a key."
    assert any("ami-2 was created before the failure" in words for words in next_words(found))
    assert [line.label[0] for line in lines[1].lines] == ["✓", "✗"]


def test_steps_have_the_times_at_which_they_were_taken() -> None:
    happened = ((2.0, A, {"step": 0}), (5.0, ANSWERED, {"step": 0, "made": "ami-2"}), (9.0, SEEN, {"step": 1}))
    times = step_times(events(*happened, (65.0, EventKind.PASSED, {"step": 1})))
    assert [(time.began_at - NOW, (time.ended_at or 0) - NOW) for time in times.values()] == [
        (2.0, 5.0),
        (5.0, 65.0),
    ]
    assert times[0].note == "ami-2"
    assert step_words(UNTIL_AVAILABLE) == "wait until the image is available"


@pytest.mark.parametrize("width", [30, 57, 66, 78, 118])
@pytest.mark.parametrize("signs", [UNICODE, ASCII])
def test_rows_fill_their_width_whatever_the_title(width: int, signs: Any) -> None:
    from rich.cells import cell_len

    wide = halfway()._replace(plan=halfway().plan._replace(title="日本語のイメージ" * 9), profile="")
    both = (halfway(), wide)
    placed = columns(both, width)
    texts = ["".join(text for text, _ in row(one, placed, NOW + 110, signs)) for one in both]
    assert max(cell_len(text) for text in texts) <= max(width, 26)
    assert "60%" in texts[0]
    assert texts[0].isascii() or not signs.ascii


def test_wide_rows_tell_the_profile_where_several_are_at_work() -> None:
    other = halfway()._replace(profile="staging")
    assert columns((halfway(), other), 118).profile == len("staging")
    assert columns((halfway(), halfway()), 118).profile == 0


def test_short_states_fit_their_column() -> None:
    assert short_state(halfway(), 15) == "██████░░░░  60%"
    assert short_state(halfway(), 6) == "60%"


def test_the_headline_counts() -> None:
    on_hold = halfway()._replace(state=State.ON_HOLD)
    failed = halfway()._replace(state=State.FAILED, ended_at=NOW)
    words = headline([halfway(), on_hold, failed, failed], shown=2, only_under_way=True)
    assert words == ("1 in progress, 1 waiting for you, 2 failed, 0 ended", "in progress: 2")
