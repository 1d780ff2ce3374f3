"""The audit's screen: subjects under their verdicts as Regions answer, filters, and what keys lead to."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import pytest
from rich.cells import cell_len

from amitui.domain.catalogue.region_grid import RegionBuild
from amitui.domain.fleet.findings import AuditImage, Finding, Judgement, RegionAudit, Subject, Verdict
from amitui.domain.fleet.uses import UseKind
from amitui.domain.image.trust import Trust
from amitui.errors import DeniedError, NetworkError
from amitui.presentation.audit_export import Failure
from amitui.ui.screens.audit import AuditScreen
from tests.support.widget_app import AsciiWidgetApp, WidgetApp, screen_lines

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from textual.pilot import Pilot

    from amitui.presentation.audit_export import Report

HOSTILE = "prod[/foo] [@click=app.quit]x[/] 日本語"
NOW = 1_795_219_200
HERE, THERE = "eu-west-1", "us-east-1"
SUCCESSOR = RegionBuild(HERE, "ami-0000000000000cafe", "web-9", 1_790_000_000, None, "available")


def finding(
    number: int,
    verdict: Verdict,
    *,
    region: str = HERE,
    kind: UseKind = UseKind.INSTANCE,
    name: str = "",
    age: int = 10,
) -> Finding:
    image = AuditImage(f"ami-{number:017x}", name=f"web-{number}", owner_id="123456789012", trust=Trust.OWN)
    behind = verdict in (Verdict.STALE, Verdict.BEHIND)
    return Finding(
        "",
        "123456789012",
        region,
        Subject(kind, f"i-{number:017x}", name or f"web-{number}", "running"),
        Judgement(
            image,
            (verdict,),
            (f"because {number}",),
            builds_behind=12 if behind else 0,
            days_behind=95 if behind else 0,
            age_days=age,
            successor=SUCCESSOR if behind else None,
        ),
    )


GONE, STALE, NEWEST = (finding(at, one) for at, one in enumerate((Verdict.GONE, Verdict.STALE, Verdict.NEWEST)))


class Shown:
    """The screen in an app, and what it asked for."""

    def __init__(self, pilot: Pilot[None], answers: dict[str, Any], **options: Any) -> None:
        self.pilot = pilot
        self.answers = answers
        """By Region: findings, an error, or a future of either."""
        self.copied: list[Sequence[str]] = []
        self.exported: list[Report] = []
        self.result: list[object] = []
        self.asked: list[str] = []
        read = options.pop("read", self._read)
        self.screen = AuditScreen(
            list(answers), read, self._copy, self.exported.append, now=lambda: NOW, **options
        )

    async def _read(self, region: str) -> RegionAudit:
        self.asked.append(region)
        answer = self.answers[region]
        if isinstance(answer, asyncio.Future):
            answer = await answer
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, RegionAudit):
            return answer
        return RegionAudit("", "123456789012", region, tuple(answer))

    def _copy(self, lines: Sequence[str]) -> str:
        self.copied.append(lines)
        return "copied"

    async def open(self) -> Shown:
        await self.pilot.app.push_screen(self.screen, self.result.append)
        await self.pilot.pause()
        return self

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    @property
    def lines(self) -> list[str]:
        return screen_lines(self.pilot.app)

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


async def test_subjects_stand_under_their_verdicts_the_worst_first() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        shown = await Shown(pilot, {HERE: [GONE, STALE, NEWEST]}).open()
        text = shown.text
        assert "3 subjects, 2 to look at" in shown.lines[0]
        assert text.index("Gone: cannot be launched again (1)") < text.index("Stale: far behind")
        assert "12 builds, 95 d" in text
        assert f"→ {SUCCESSOR.image_id}" in text
        assert "▸ Newest: nothing to do (1)" in text, "what is all right is folded"
        assert "web-2" not in text


async def test_regions_are_shown_as_they_answer_and_one_that_fails_hides_no_other() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        later: asyncio.Future[list[Finding]] = asyncio.get_running_loop().create_future()
        answers = {HERE: [STALE], THERE: later, "ap-south-1": DeniedError("not allowed to list the instances")}
        shown = await Shown(pilot, answers).open()
        assert "reading 1 Region…" in shown.lines[0]
        assert "web-1" in shown.text
        assert "! ap-south-1: not allowed to list the instances" in shown.text
        later.set_result([finding(7, Verdict.GONE, region=THERE)])
        await pilot.pause()
        await pilot.pause()
        assert "2 subjects, 2 to look at" in shown.lines[0]
        assert "web-7" in shown.text
        assert "use1" in shown.text, "with several Regions each row says its own"


async def test_what_could_not_be_read_is_told_and_explained() -> None:
    denied = RegionAudit(
        "", "123456789012", HERE, (NEWEST,), ("cannot tell which images Auto Scaling groups launch: no",)
    )
    async with WidgetApp().run_test(size=(100, 30)) as pilot:
        shown = await Shown(pilot, {HERE: denied}).open()
        assert "! eu-west-1: cannot tell which images Auto Scaling groups launch: no" in shown.text
        assert "never taken for all right" in shown.text


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({HERE: []}, "Nothing stands on images in eu-west-1."),
        ({HERE: NetworkError("no route", remedy="check the network")}, "check the network"),
    ],
)
async def test_a_screen_without_subjects_says_why(answers: dict[str, Any], words: str) -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        shown = await Shown(pilot, answers).open()
        assert words in shown.text


async def test_offline_nothing_is_asked_and_loading_is_said() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        shown = await Shown(pilot, {HERE: []}, read="amitui is offline").open()
        assert "amitui is offline" in shown.text
        await shown.press("f5", "b", "enter", "R", "y", "e", "right")
        assert shown.asked == []
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        never: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        shown = await Shown(pilot, {HERE: never}).open()
        assert "Reading instances, launch templates" in shown.text


async def test_typing_filters_and_escape_takes_the_filter_back_before_it_closes() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        shown = await Shown(pilot, {HERE: [GONE, STALE, finding(5, Verdict.STALE, name="search")]}).open()
        await shown.press("slash", *"search", "enter")
        assert "1 of them: search" in shown.lines[0]
        assert "web-1" not in shown.text
        assert "because 5" in shown.text, "the cursor is on what was found"
        await shown.press("escape")
        assert "web-1" in shown.text
        assert shown.result == []
        await shown.press("slash", *"q no", "escape")
        assert "Nothing matches." not in shown.text
        await shown.press("q")
        assert shown.result == [None]


async def test_f_goes_through_the_verdicts_that_there_are() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        shown = await Shown(pilot, {HERE: [GONE, STALE, NEWEST]}).open()
        seen = []
        for _ in range(4):
            await shown.press("b")
            seen.append(shown.lines[0].split("  ")[-1].strip())
        assert seen == ["1 of them: gone", "1 of them: stale", "1 of them: newest", "all"]


async def test_a_group_is_folded_and_a_subject_ends_the_screen_with_its_image() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        shown = await Shown(pilot, {HERE: [GONE, NEWEST]}).open()
        await shown.press("home", "enter")
        assert "▸ Gone: cannot be launched again (1)" in shown.text
        await shown.press("right", "down")
        assert "because 0" in shown.text
        await shown.press("left")
        assert "▸ Gone: cannot be launched again (1)" in shown.text
        await shown.press("right", "home", "down", "enter")
        assert shown.result == [GONE]
        assert not shown.screen.rolls_out


async def test_a_successor_is_copied_and_rolled_out_where_there_is_one() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        shown = await Shown(pilot, {HERE: [GONE, STALE]}, can_roll_out=True).open()
        await shown.press("home", "down", "R", "Y", "y")
        assert shown.copied == [[GONE.judgement.image.image_id]]
        await shown.press("down", "down", "Y", "R")
        assert shown.copied[1:] == [[SUCCESSOR.image_id]]
        assert shown.result == [STALE]
        assert shown.screen.rolls_out


async def test_what_is_listed_is_exported_with_what_could_not_be_read() -> None:
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        answers = {HERE: [GONE, STALE], THERE: NetworkError("no route")}
        shown = await Shown(pilot, answers).open()
        await shown.press("slash", *"gone", "enter", "e")
        (report,) = shown.exported
        assert list(report.findings) == [GONE]
        assert report.unknown == [Failure("", THERE, "no route")]


@pytest.mark.parametrize("app", [WidgetApp, AsciiWidgetApp])
@pytest.mark.parametrize("size", [(40, 10), (60, 20), (80, 24), (120, 40), (200, 50)])
async def test_hostile_texts_break_nothing_at_any_size(app: type[WidgetApp], size: tuple[int, int]) -> None:
    async with app().run_test(size=size) as pilot:
        ascii_only = app is AsciiWidgetApp
        findings = [finding(at, verdict, name=HOSTILE, age=at * 90) for at, verdict in enumerate(Verdict)]
        note = RegionAudit("", "1", HERE, tuple(findings), (HOSTILE * 3,))
        shown = await Shown(pilot, {HERE: note}, ascii_only=ascii_only).open()
        for key in ("down", "down", "down", "end", "J", "f", "f", "f5"):
            await shown.press(key)
        assert {cell_len(line) for line in shown.lines} == {size[0]}
        assert "[/foo]" in shown.text or size[0] < 60
        if ascii_only:
            assert shown.text.isascii()


async def test_two_thousand_instances_stay_interactive() -> None:
    verdicts = (Verdict.STALE, Verdict.BEHIND, Verdict.GONE, Verdict.NEWEST)
    many = [finding(at, verdicts[at % 4], age=at % 900) for at in range(2000)]
    async with WidgetApp().run_test(size=(120, 40)) as pilot:
        shown = await Shown(pilot, {HERE: many}).open()
        assert "2,000 subjects, 1,000 to look at" in shown.lines[0]
        began = time.process_time()
        await shown.press("end", "home", *["pagedown"] * 10, "slash", *"web-199", "enter")
        assert "of them: web-199" in shown.lines[0]
        # Of the process, not of the wall: ten times what it takes.
        assert time.process_time() - began < 15


async def test_a_file_is_named_by_its_format_and_never_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from amitui.ui.screens.audit_export import AuditExportScreen, format_of

    monkeypatch.chdir(tmp_path)
    (tmp_path / "there.csv").write_text("mine")
    async with WidgetApp().run_test(size=(80, 24)) as pilot:
        result: list[str | None] = []
        await pilot.app.push_screen(AuditExportScreen(1_795_219_200), result.append)
        await pilot.press(*"there.csv", "enter")
        await pilot.pause()
        assert "it exists already" in "\n".join(screen_lines(pilot.app))
        assert result == []
        await pilot.press("escape", "down", "enter")
        await pilot.pause()
        assert result == [str(tmp_path / "audit-2026-11-21.csv")]
    assert [format_of(name) for name in ("a.csv", "a.SARIF", "a.json", "a.txt", "a")] == [
        "csv", "sarif", "json", "json", "json",
    ]  # fmt: skip
