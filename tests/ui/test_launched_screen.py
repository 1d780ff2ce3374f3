from __future__ import annotations

import pytest
from rich.cells import cell_len

from amitui.domain.operations.awaited import GONE
from amitui.domain.operations.operation import EventKind
from tests.support.launched_pane import NOW, Do, Shown, instance_id, launch, ready, seen, web
from tests.support.widget_app import AsciiWidgetApp, WidgetApp

HOSTILE = "prod[/foo] [@click=app.quit]x[/] 日本語"
SIZES = [(40, 8), (60, 15), (80, 24), (120, 40), (200, 60)]


async def test_an_instance_is_followed_from_pending_to_ready() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        shown = await Shown(pilot, web(1, 1)).open()
        assert "1 instance: 1 being checked" in shown.lines[0]
        await shown.see(seen(1000, "pending", private_ip="10.0.0.7"))
        assert "● i-" in shown.lines[1]
        assert "pending" in shown.lines[1]
        await shown.see(seen(1000, "running", checks="initializing", public_ip="203.0.113.7"))
        assert "running, checking" in shown.lines[1]
        assert "203.0.113.7" in shown.lines[1]
        await shown.see(ready(1000))
        assert "✓ i-" in shown.lines[1]
        assert "1 instance: 1 ready" in shown.lines[0]
        assert "ssh -i ~/.ssh/'work laptop.pem' ubuntu@203.0.113.7" in shown.text


async def test_a_launch_that_was_just_sent_becomes_its_instances() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        shown = await Shown(pilot, launch(1, []), only=["0001"]).open()
        assert "Launch acme-web" in shown.lines[1]
        assert "requesting" in shown.lines[1]
        results = [[instance_id(n), True, "launched"] for n in (1, 2)]
        shown.source.happens("0001", EventKind.ACCEPTED, {"step": 0, "results": results})
        await pilot.pause()
        assert [instance_id(n) in line for n, line in zip((1, 2), shown.lines[1:], strict=False)] == [True, True]
        await shown.see(ready(2))
        assert "1 being checked, 1 ready" in shown.lines[0]


async def test_a_refused_launch_says_why() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        failed = (EventKind.FAILED, {"what": "EC2 did not launch", "why": "no capacity in us-east-1a"})
        shown = await Shown(pilot, launch(1, [], failed), only=["0001"]).open()
        assert "✗ Launch acme-web" in shown.lines[1]
        assert "not launched" in shown.lines[1]
        assert "no capacity in us-east-1a" in shown.text
        await shown.press("full_stop", "t", "C", "y", "Y", "space", "asterisk")
        assert shown.host.done == []
        assert shown.host.copied == shown.host.consoles == []


async def test_one_observation_of_two_hundred_is_shown_at_once_and_stays_readable() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        shown = await Shown(pilot, web(1, 200)).open()
        renewals = 0
        renew = shown.screen.renew

        def counted() -> None:
            nonlocal renewals
            renewals += 1
            renew()

        shown.screen.renew = counted  # type: ignore[method-assign]
        await shown.see(
            *(ready(1000 + n) if n != 77 else seen(1077, "running", checks="impaired") for n in range(200))
        )
        assert 1 <= renewals <= 3
        assert "200 instances: 1 impaired, 199 ready" in shown.lines[0]
        await shown.press("b")
        assert "impaired: 1" in shown.lines[0]
        assert instance_id(1077) in shown.lines[1]
        await shown.press("b", "end")
        assert "ready: 199" in shown.lines[0]
        assert instance_id(1199) in shown.text
        await shown.press("b")
        assert "all launches" in shown.lines[0]


async def test_the_cursor_stays_on_its_instance_while_a_newer_launch_comes() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        shown = await Shown(pilot, web(1, 3)).open()
        await shown.press("down")
        for journal in (web(2, 5),):
            for event in journal[1:2]:
                shown.source.found["0002"] = Shown(pilot, journal).source.found["0002"]
                shown.source.happens("0002", event.kind, dict(event.data))
        await pilot.pause()
        assert shown.screen.list.current is not None
        assert shown.screen.list.current.instance_id == instance_id(1001)


async def test_only_the_chosen_launch_is_shown_until_all_are() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        shown = await Shown(pilot, web(1, 1), web(2, 2), only=["0001"]).open()
        assert "1 instance:" in shown.lines[0]
        assert "this launch" in shown.lines[0]
        await shown.press("h")
        assert "3 instances:" in shown.lines[0]
        assert len(shown.source.watched) == 3
        await shown.press("h")
        assert len(shown.source.watched) == 1


@pytest.mark.parametrize(("key", "what"), [("full_stop", Do.STOP), ("t", Do.TERMINATE)])
async def test_keys_ask_for_the_one_under_the_cursor(key: str, what: Do) -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        shown = await Shown(pilot, web(1, 2)).open(ready(1000), ready(1001))
        await shown.press("down", key)
        assert shown.host.done == [(what, [instance_id(1001)])]
        assert f"{what} is under way" in shown.lines[0]


async def test_what_is_marked_is_meant_as_far_as_it_makes_sense() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        shown = await Shown(pilot, web(1, 4)).open(ready(1000), seen(1001, "stopped"), seen(1002, "terminated"))
        await shown.press("space", "space", "space")
        assert "3 marked" in shown.lines[0]
        assert [line[1] for line in shown.lines[1:5]] == ["▸", "▸", "▸", " "]
        await shown.press("full_stop", "greater_than_sign", "t")
        assert shown.host.done == [
            (Do.STOP, [instance_id(1000)]),
            (Do.START, [instance_id(1001)]),
            (Do.TERMINATE, [instance_id(1000), instance_id(1001)]),
        ]


async def test_all_that_are_listed_are_marked_at_once_and_unmarked_again() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        shown = await Shown(pilot, web(1, 3)).open(ready(1000), ready(1001), seen(1002, "pending"))
        await shown.press("b", "b", "asterisk", "Y")
        assert shown.host.copied == [f"{instance_id(1000)}\n{instance_id(1001)}"]
        await shown.press("asterisk", "end", "Y")
        assert shown.host.copied[1:] == [instance_id(1001)]


async def test_nothing_that_changes_anything_is_done_when_read_only() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        shown = await Shown(pilot, web(1, 1), read_only=True).open(ready(1000))
        await shown.press("full_stop", "t", "greater_than_sign", "C")
        assert shown.host.done == []
        assert shown.host.consoles == [instance_id(1000)]


async def test_instances_of_another_profile_are_left_to_it() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        shown = await Shown(
            pilot, web(2, 1, profile="prod"), web(1, 1), closed="launched with profile prod: choose it"
        ).open(seen(2000, "running", checks="ok", profile="prod"), ready(1000))
        assert "launched with profile prod" in shown.text
        await shown.press("t")
        assert shown.host.done == []
        await shown.press("asterisk", "t")
        assert shown.host.done == [(Do.TERMINATE, [instance_id(1000)])]


async def test_the_way_in_is_copied_for_all_that_are_marked() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        shown = await Shown(pilot, web(1, 3)).open(ready(1000), ready(1001, "203.0.113.8"), seen(1002, "pending"))
        await shown.press("y", "ctrl+a", "y")
        one = "ssh -i ~/.ssh/'work laptop.pem' ubuntu@203.0.113.7"
        assert shown.host.copied == [one, f"{one}\n{one[:-1]}8"]
        assert "sent to the clipboard" in shown.lines[0]


async def test_what_is_over_is_neither_watched_on_nor_changed() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        shown = await Shown(pilot, web(1, 2)).open(ready(1000), seen(1001, "terminated"))
        assert len(shown.source.watched) == 2
        await shown.see(seen(1001, GONE))
        assert len(shown.source.watched) == 1
        await shown.press("down", "full_stop", "t", "y")
        assert shown.host.done == []
        assert shown.host.copied == []


async def test_old_launches_are_shown_once_ec2_lists_them() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        shown = await Shown(pilot, web(1, 2, began=NOW - 90_000)).open()
        assert "Looking for 2 instances of earlier launches" in shown.text
        await shown.see(ready(1000), seen(1001, ""))
        assert "1 instance: 1 ready" in shown.lines[0]
        assert [subject.id for subject in shown.source.watched] == [instance_id(1000)]


async def test_a_failed_observation_is_shown_and_what_was_observed_stays() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        shown = await Shown(pilot, web(1, 1)).open(ready(1000))
        shown.source.failing = "the network is unreachable"
        shown.screen.renew()
        await pilot.pause()
        assert "the network is unreachable" in shown.text
        assert "1 ready" in shown.lines[0]


async def test_enter_gives_the_instance_whose_image_is_to_be_opened() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        shown = await Shown(pilot, web(1, 1)).open(ready(1000))
        await shown.press("enter")
        assert shown.result.image_id == "ami-0123456789abcdef0"


async def test_closing_ends_the_watching_and_nothing_else() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        shown = await Shown(pilot, web(1, 2)).open()
        await shown.press("escape")
        assert shown.result is None
        assert shown.source.watched == {}
        assert shown.source.listeners == []
        assert shown.host.done == []


async def test_emptiness_is_said() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        shown = await Shown(pilot).open()
        assert "No instances were launched with amitui." in shown.text
        await shown.press("enter", "full_stop", "t", "y", "C", "space", "asterisk", "b", "end", "pagedown")
        assert shown.host.done == []


@pytest.mark.parametrize("size", SIZES)
async def test_every_size_shows_list_and_details(size: tuple[int, int]) -> None:
    async with WidgetApp().run_test(size=size) as pilot:
        tagged = [seen(1000 + n, "running", checks="ok", public_ip=f"203.0.113.{n}") for n in range(40)]
        shown = await Shown(pilot, web(1, 40)).open(*tagged)
        assert max(cell_len(line) for line in shown.lines) <= size[0]
        assert instance_id(1000)[: size[0] - 25] in shown.lines[1]
        assert "State" in shown.text
        await shown.press("end")
        assert shown.screen.list.current is not None
        assert shown.screen.list.current.instance_id == instance_id(1039)


async def test_text_of_others_is_shown_as_it_is() -> None:
    async with WidgetApp().run_test(size=(120, 40)) as pilot:
        shown = await Shown(pilot, web(1, 1)).open(seen(1000, "terminated", reason=HOSTILE, key_name="[bold]k[/]"))
        assert HOSTILE in shown.text
        assert "[bold]k[/]" in shown.text
        assert "ended by EC2" in shown.lines[1]


async def test_an_ascii_terminal_gets_ascii_alone() -> None:
    app = AsciiWidgetApp()
    async with app.run_test(size=(80, 24)) as pilot:
        app.add_class("-ascii")
        shown = await Shown(pilot, web(1, 3), ascii_only=True).open(ready(1000), seen(1001, "pending"))
        await shown.press("space")
        assert "> + i-" in shown.text
        assert [character for character in shown.text if not character.isascii()] == []


async def test_what_was_said_gives_way_to_the_counts_after_a_while() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        shown = await Shown(pilot, web(1, 1)).open(ready(1000))
        await shown.press("y")
        assert "sent to the clipboard" in shown.lines[0]
        shown.host.time += 6
        shown.screen.renew()
        await pilot.pause()
        assert "1 instance: 1 ready" in shown.lines[0]
