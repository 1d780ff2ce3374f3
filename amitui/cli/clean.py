"""`amitui clean`: what a retention rule makes of the own images, printed; carried out where its hash is given."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from amitui.charset import for_people
from amitui.cli.clean_accounts import CleanUps, Read, account_options
from amitui.cli.clean_table import print_table, say_sums
from amitui.cli.demo_session import session_settings
from amitui.cli.leaving import ForgetfulExecutor
from amitui.cli.messages import say, warn
from amitui.cli.quiet import is_quiet
from amitui.cli.streams import reader_has_enough
from amitui.domain.counts import count_of
from amitui.domain.fleet.journal_needs import image_needs
from amitui.domain.operations.operation import Operation, State
from amitui.domain.region import PLACES
from amitui.domain.retention.carry_out import parts_of, plans_for
from amitui.domain.retention.plan import changed_steps
from amitui.domain.shell import quoted
from amitui.errors import AmituiError, CacheError, UsageError
from amitui.presentation.clean_plan import nothing_words, plan_json, price_lines
from amitui.presentation.operation_words import state_words
from amitui.services.clean_plans import CleanPlans, PrintedPlan
from amitui.services.composition import Services
from amitui.services.housekeeping import rule_named
from amitui.services.operations import OperationsService
from amitui.services.session import no_region

if TYPE_CHECKING:
    from amitui.domain.operations.plan import Plan
    from amitui.domain.retention.plan import RetentionPlan
    from amitui.domain.retention.rule import RetentionRule
    from amitui.services.members import Member
    from amitui.settings import Settings

PART: Final = 25
"""Operations that are begun together; the next ones when these have ended."""
AWS_FAILED: Final = 3
MOST_CHANGES: Final = 20
"""Differences from a plan that are listed; the others are counted."""


class CleanRequest(NamedTuple):
    """The arguments of `amitui clean`."""

    rule: str = ""
    """Empty: the only one there is, or the built-in one."""
    apply: str = ""
    """The hash of the plan that is to be carried out; empty: none is."""
    confirm: tuple[str, ...] = ()
    """What was typed for production; of each account that is, one name."""
    output: str = "table"
    """`table` or `json`."""
    config_file: str = ""
    """As `--config` gives it: a printed command names it, too."""


def clean(settings: Settings, request: CleanRequest) -> int:
    """Print the plan, or carry it out; the exit code.

    Raises:
        UsageError: there is no such rule, or the plan is another one by now.
        ReadOnlyError: nothing may be changed.
    """
    if settings.offline:
        raise UsageError("a clean-up asks EC2 what is used", why="--offline never contacts AWS")
    rule = rule_named(settings.clean, request.rule)
    with session_settings(settings, renew=not request.apply) as active:
        return asyncio.run(_clean(active, rule, request))


async def _clean(settings: Settings, rule: RetentionRule, request: CleanRequest) -> int:
    asyncio.get_running_loop().set_default_executor(ForgetfulExecutor())
    services = Services(settings)
    operations = OperationsService(
        services,
        refreshed=lambda _region: None,
        changed=lambda _operation, _under_way, _on_hold: None,
        failed=lambda error, doing: warn(f"{doing}: {error.what}"),
    )
    try:
        await services.members.identify()
        await _require_known_regions(services, rule)
        regions = rule.regions or services.session.starting_regions()
        if not regions:
            raise no_region()
        command = _Clean(services, operations, rule, regions, request)
        return await (command.apply() if request.apply else command.print_plan())
    finally:
        await operations.close()
        await services.close()


async def _require_known_regions(services: Services, rule: RetentionRule) -> None:
    """Check that the Regions that a rule names exist; EC2 is only asked about those that amitui does not know.

    Raises:
        UsageError: one does not.
    """
    new = [region for region in rule.regions if region not in PLACES]
    if not new:
        return
    try:
        listed = {one.name for one in await services.session.list_regions()}
    except AmituiError:
        return  # the survey says what cannot be read
    unknown = [region for region in new if region not in listed]
    if unknown:
        raise UsageError(
            f"the rule {rule.name} names an unknown Region: {', '.join(unknown)}",
            why="EC2 does not list it for this account",
            remedy=f"correct regions in [clean.{rule.name}] of the config",
        )


class _Clean:
    """One call of the command."""

    def __init__(
        self,
        services: Services,
        operations: OperationsService,
        rule: RetentionRule,
        regions: Sequence[str],
        request: CleanRequest,
    ) -> None:
        self._services = services
        self._operations = operations
        self._rule = rule
        self._regions = regions
        self._request = request
        self._plans = CleanPlans(services.settings.locations.clean_plans_file)
        engine, now = operations.engine, operations.now
        self._accounts = CleanUps(services, lambda: image_needs(engine.operations(), now()))

    async def print_plan(self) -> int:
        output = self._request.output
        # Only read: what another amitui left behind is for whoever may change something.
        if self._operations.has_journal:
            await self._operations.engine.refresh()
        found = await self._read()
        survey, plan = found.survey, found.plan
        summed_up = False
        try:
            if output == "json":
                print(json.dumps(plan_json(plan, survey, found.owners), indent=2))
            else:
                summed_up = print_table(plan, survey, found.owners)
            sys.stdout.flush()
        except BrokenPipeError:
            if not reader_has_enough():
                raise
        if output != "json":
            self._sum_up(found, summed_up=summed_up)
        if not plan.going:
            return 1
        try:
            self._plans.remember(plan, self._services.now())
        except CacheError as error:
            warn(f"{error.what}: should the plan change, --apply cannot say how")
        return 0

    def _sum_up(self, found: Read, *, summed_up: bool) -> None:
        survey, plan = found.survey, found.plan
        if not plan.decisions:
            say(nothing_words(plan, list(dict.fromkeys(one.region for one in survey.regions))))
        if not summed_up:
            say_sums(plan, survey)
        for line in price_lines(survey):
            say(line)
        for words in survey.unknown:
            warn(words)
        under_way = sum(map(_is_under_way, self._operations.engine.operations()))
        if under_way:
            say(f"{count_of(under_way, 'operation')} in progress: what they need stays (amitui ops)")
        if plan.going and self._services.settings.demo:
            say("this demo ends with the command: run `amitui demo` and use --endpoint-url to carry a plan out")
        elif plan.going:
            say(f"to carry it out: {self._command(plan.hash, self._to_confirm(found))}")

    async def apply(self) -> int:
        """Carry out the plan, in parts, and follow it to its end."""
        request = self._request
        self._operations.may_change().require()
        if not self._services.members.several:
            self._require_confirmation(self._accounts.to_confirm(self._accounts.members()))
        await self._operations.open()
        printed = self._plans.of(request.apply)
        if printed is not None:
            await self._finish_begun(printed)
        found = await self._read()
        plan = found.plan
        if plan.hash != request.apply:
            if printed is None or not printed.is_begun_by(plan, self._operations.engine.operations()):
                raise self._changed(printed, plan)
            done = len(printed.steps) - len(plan.going)
            say(
                f"{done:,} of {count_of(len(printed.steps), 'image')} were done before; the rest is as it was read"
            )
        if not plan.going:
            say("nothing is left to do")
            return 0
        self._require_confirmation(self._to_confirm(found))
        ended: list[Operation] = []
        for member, own in found.parts:
            if own.going and self._services.members.several:
                say(f"{member.name}: {count_of(len(own.going), 'image')}")
            for part in parts_of(plans_for(own, self._operations.now()), PART):
                ended += await self._carry_out(part, member, len(ended), len(plan.going))
        return self._report(ended)

    def _require_confirmation(self, names: Sequence[str]) -> None:
        missing = [name for name in names if name not in self._request.confirm]
        if missing:
            raise UsageError(
                "this is production: nothing was changed",
                why=f"the config marks {', '.join(missing)} as production, and --confirm does not name it",
                remedy=self._command(self._request.apply, names),
            )

    def _to_confirm(self, found: Read) -> list[str]:
        """What `--confirm` has to name: one name for each account in production that something is done in."""
        return self._accounts.to_confirm(member for member, own in found.parts if own.going)

    async def _read(self) -> Read:
        def report(words: str) -> None:
            if sys.stderr.isatty() and not is_quiet():
                print(f"\r\x1b[Kamitui: {words}", end="", file=sys.stderr, flush=True)

        try:
            return await self._accounts.read(self._rule, self._regions, report)
        finally:
            if sys.stderr.isatty() and not is_quiet():
                print("\r\x1b[K", end="", file=sys.stderr, flush=True)

    def _changed(self, printed: PrintedPlan | None, plan: RetentionPlan) -> UsageError:
        """That the plan is another one by now, and what changed."""
        if printed is not None and not printed.is_about(plan.account):
            changes = [f"that plan is about images of account {printed.account}, and this is {plan.account}"]
        elif printed is None:
            changes = ["what it was to do is not known here: it was printed elsewhere, or long ago"]
        else:
            changes = changed_steps(printed.steps, plan, printed.labels)
            changes = changes or ["the rule itself, or the account, is another one"]
        more = len(changes) - MOST_CHANGES
        for words in changes[:MOST_CHANGES]:
            say(words)
        if more > 0:
            say(f"and {count_of(more, 'more change', 'more changes')}")
        return UsageError(
            f"the plan is another one by now ({plan.hash}): nothing was changed",
            why="what runs has to be what was read",
            remedy=f"read it again: {self._command('')}",
        )

    def _command(self, plan_hash: str, to_confirm: Sequence[str] = ()) -> str:
        """The command that carries out a plan, or prints it where there is no hash."""
        settings = self._services.settings
        options = [f"--region {quoted(region)}" for region in settings.regions]
        options += account_options(settings)
        if settings.endpoint_url:
            options.append(f"--endpoint-url {quoted(settings.endpoint_url)}")
        if self._request.config_file:
            options.append(f"--config {quoted(self._request.config_file)}")
        what = f"--apply {plan_hash}" if plan_hash else "--plan"
        confirmation = [f"--confirm {quoted(name)}" for name in to_confirm]
        return " ".join(("amitui clean", self._rule.name, *options, what, *confirmation))

    async def _finish_begun(self, printed: PrintedPlan) -> None:
        """Wait for what an amitui that died had begun of this plan: the rest is judged by what is left.

        Other operations, such as a roll-out, may take hours: they keep the images that they need, and no more.
        """
        engine = self._operations.engine
        resumed = [
            one
            for one in engine.operations()
            if _is_under_way(one) and engine.is_run_here(one.id) and printed.began(one)
        ]
        if resumed:
            say(f"first {count_of(len(resumed), 'operation')} that had been begun")
            await self._ended({one.id for one in resumed}, 0, len(resumed))

    async def _carry_out(self, plans: Sequence[Plan], member: Member, before: int, total: int) -> list[Operation]:
        submitted = await self._operations.submit(plans, member)
        return await self._ended({one.id for one in submitted}, before, total)

    async def _ended(self, ids: set[str], before: int, total: int) -> list[Operation]:
        """The operations with these ids when all of them have ended, or wait for their user; each is printed."""
        done = asyncio.Event()
        ended: dict[str, Operation] = {}

        def changed(operation: Operation) -> None:
            if operation.id in ids and operation.id not in ended and not _is_under_way(operation):
                ended[operation.id] = operation
                self._print_end(operation, before + len(ended), total)
            if len(ended) == len(ids):
                done.set()

        unsubscribe = self._operations.engine.subscribe(changed)
        try:
            for operation in self._operations.engine.operations():
                changed(operation)
            await done.wait()
        finally:
            unsubscribe()
        return list(ended.values())

    def _print_end(self, operation: Operation, number: int, total: int) -> None:
        stamp = time.strftime("%H:%M:%S", time.gmtime(self._operations.now()))
        cause = f": {operation.why}" if operation.why and operation.state is not State.DONE else ""
        words = f"{state_words(operation)}{cause}"
        print(
            for_people(f"{stamp}  {number} of {total}  {operation.plan.title} ({operation.plan.region}): {words}")
        )
        for result in operation.results:
            if not result.ok:
                print(for_people(f"          {result.subject}: {result.words}"))
        sys.stdout.flush()

    def _report(self, ended: Sequence[Operation]) -> int:
        done = sum(one.state is State.DONE for one in ended)
        say(f"{done} of {len(ended)} done")
        if any(one.plan.kind == "deregister" and one.state is State.DONE for one in ended):
            say("what a retention rule of the Recycle Bin covers can be restored: amitui, then :recycle bin")
        if done < len(ended):
            warn("amitui ops shows what failed, and why")
        return 0 if done == len(ended) else AWS_FAILED


def _is_under_way(operation: Operation) -> bool:
    return not operation.state.ended and operation.state is not State.ON_HOLD
