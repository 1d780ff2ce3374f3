"""Asking EC2 who else uses images: reports are made by operations of the journal, and read when they are there."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from amitui.domain.operations.operation import State
from amitui.domain.operations.plans.facts import ImageFacts
from amitui.domain.operations.plans.usage_report import usage_report_plan
from amitui.ui.forms.elsewhere import Elsewhere, ElsewhereReads, ImageKey
from amitui.ui.forms.form import OperationForm

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from textual.screen import Screen

    from amitui.domain.fleet.usage_report import UsageReport
    from amitui.domain.operations.operation import Operation
    from amitui.ui.actions.acting import Acting
    from amitui.ui.app import AmituiApp


def with_elsewhere(host: AmituiApp, screen: Screen[Any], acting: Acting) -> None:
    """Let a form say, and ask, which other accounts use its images.

    Args:
        acting: with whose credentials each of them is read.
    """
    if isinstance(screen, OperationForm):
        reads = ElsewhereReads(
            lambda images: _read(host, images, acting),
            lambda images: _ask(host, images, acting),
            host.services.now,
        )
        screen.elsewhere = Elsewhere(reads)


async def _read(host: AmituiApp, images: Sequence[ImageKey], acting: Acting) -> Mapping[ImageKey, UsageReport]:
    found: dict[ImageKey, UsageReport] = {}
    for region in dict.fromkeys(region for region, _ in images):
        ids = [image_id for one, image_id in images if one == region]
        for member, theirs in acting.by_reader(region, ids).items():
            reports = await host.services.aws_of(member).usage_reports(region, theirs)
            found |= {(region, image_id): report for image_id, report in reports.items()}
    return found


async def _ask(host: AmituiApp, images: Mapping[ImageKey, str], acting: Acting) -> str:
    """Submit an operation for each image and wait for all; the first failure in words, empty = none."""
    asked = [ImageFacts(region, image_id, name=name) for (region, image_id), name in images.items()]
    plans = [usage_report_plan(facts) for facts in asked]
    submitted: list[Operation] = []
    for member, theirs in acting.by_member(plans).items():
        submitted += await host.operations.submit(theirs, member=member)
    ended = await _ended(host, {one.id for one in submitted})
    return next((one.why or one.what for one in ended if one.state is not State.DONE), "")


async def _ended(host: AmituiApp, ids: set[str]) -> list[Operation]:
    """The operations with these ids, once each has ended or waits for its user."""
    engine, done = host.operations.engine, asyncio.Event()
    found: dict[str, Operation] = {}

    def changed(operation: Operation) -> None:
        if operation.id in ids and (operation.state.ended or operation.state is State.ON_HOLD):
            found[operation.id] = operation
        if len(found) == len(ids):
            done.set()

    unsubscribe = engine.subscribe(changed)
    try:
        for operation in engine.operations():
            changed(operation)
        await done.wait()
    finally:
        unsubscribe()
    return list(found.values())
