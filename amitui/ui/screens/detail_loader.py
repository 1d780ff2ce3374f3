"""Fills the detail pane: the record from the cache at once, what has to be read from EC2 a moment later."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, NamedTuple

from amitui.domain.catalogue.gone import GONE
from amitui.domain.image.findings import ImageFindings
from amitui.domain.operations.awaited import IMAGE, INSTANCE
from amitui.domain.timeline.lineage import Lineage, unknown_lineage
from amitui.domain.timeline.observation import Observation, Subject
from amitui.domain.timeline.timeline import about, timeline_of
from amitui.errors import AmituiError, NetworkError
from amitui.presentation.details.accounts import UsedAccount, account_lines
from amitui.presentation.details.groups import image_groups
from amitui.presentation.details.why import why_line
from amitui.presentation.reading_order import in_reading_order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from amitui.catalog.search.background import CatalogSearch
    from amitui.domain.catalogue.view import ViewRequest
    from amitui.domain.image.image import Image
    from amitui.domain.image.row import ImageRow
    from amitui.domain.operations.operation import Operation
    from amitui.domain.timeline.timeline import Timeline
    from amitui.presentation.details.explain import DetailGroup, DetailLine
    from amitui.services.composition import Services
    from amitui.ui.widgets.detail_pane import DetailPane

CURSOR_REST_S: Final = 0.3
"""How long the cursor rests on an image before anything about it is read from EC2."""

MOST_WATCHED: Final = 50
"""Instances and copies that are watched while the Timeline tab is open; the poller observes all in a few calls."""


class TimelineSources(NamedTuple):
    """What a timeline is made of beside EC2's answers; each may be missing."""

    operations: Callable[[str], Sequence[Operation]] = lambda _image_id: ()
    """The journal's operations about an image, the newest first."""
    watch: Callable[[Subject, Callable[[Observation], None]], Callable[[], None]] | None = None
    """Has a subject observed until the function that it returns is called."""


class _Shown(NamedTuple):
    """The image in the pane."""

    row: ImageRow
    image: Image


class DetailLoader:
    """Shows images in a detail pane, one at a time; cancel a call when a later one replaces it."""

    def __init__(
        self,
        services: Services,
        search: CatalogSearch,
        request: Callable[[], ViewRequest],
        sources: TimelineSources = TimelineSources(),  # noqa: B008
    ) -> None:
        self._services = services
        self._search = search
        self._request = request
        self._sources = sources
        self._permissions: dict[tuple[str, str], tuple[str, ...]] = {}
        """By Region and image id, as read since the last refresh."""
        self._lineages: dict[tuple[str, str], Lineage] = {}
        """The same."""
        self._findings: dict[tuple[str, str], ImageFindings] = {}
        """The same, of images that Amazon Inspector has scanned."""
        self._findings_refused = False
        """EC2 or the account does not answer that; it is said once, with the image that it was asked of."""
        self._stale: set[tuple[str, str]] = set()
        """Those to be read again: an operation has changed the image since, or EC2 did not answer."""
        self._shown: _Shown | None = None
        self._observations: dict[tuple[str, str], Observation] = {}
        """By kind and id, of the subjects watched for the image in the pane."""
        self._watched: list[Callable[[], None]] = []
        """What ends each watch."""

    def forget(self) -> None:
        """Read launch permissions and lineages again: own images were refreshed."""
        self._permissions.clear()
        self._findings.clear()
        self._lineages.clear()

    def leave_caller(self) -> None:
        """Somebody else's credentials are used from now on, who may see more of an image, or less."""
        self.forget()
        self._findings_refused = False
        self._stale.clear()
        self.leave()

    def leave(self) -> None:
        """The pane is closed: stop watching."""
        for stop in self._watched:
            stop()
        self._watched.clear()
        self._observations.clear()
        self._shown = None

    def is_about(self, operation: Operation) -> bool:
        """Whether an operation is about the image in the pane."""
        return self._shown is not None and bool(about([operation], self._shown.row.image_id))

    async def operation_changed(self, pane: DetailPane, operation: Operation) -> None:
        """Show the timeline again if the operation that changed is about the image in the pane."""
        shown = self._shown
        if shown is None or not about([operation], shown.row.image_id):
            return
        pane.renew_timeline()
        if operation.state.ended:
            self._stale.add(_key(shown.row))
            if pane.timeline_shown and self._may_call_ec2:
                await self._load_timeline(pane, shown.row)

    async def show(self, pane: DetailPane, row: ImageRow | None) -> None:
        """Show an image; `None` = there is none."""
        if self._shown is None or row is None or _key(self._shown.row) != _key(row):
            self.leave()
        if row is None:
            pane.show_nothing("No image is selected.")
            return
        image = await self._image(pane, row)
        if image is None:
            return
        shown = self._shown = _Shown(row, image)
        known = self._permissions.get(_key(row))
        pane.show(row.image_id, self._groups(shown, known, None), image.record)
        pane.show_timeline(lambda: self._timeline(shown), self._services.now)
        why = await self._why(row)
        if why is not None and pane.is_attached:
            pane.renew_groups(self._groups(shown, known, why))
        if not self._may_call_ec2:
            return
        reads_permissions = known is None and row.owner_id in self._services.members.accounts
        reads_lineage = pane.timeline_shown and self._needs_lineage(row)
        reads_findings = self._needs_findings(shown)
        if reads_permissions or reads_lineage or reads_findings:
            # Scrolling past an image makes no calls.
            await asyncio.sleep(CURSOR_REST_S)
        if reads_permissions:
            grantees = await self._read_permissions(row)
            if grantees is not None and pane.is_attached:
                known = grantees
                pane.renew_groups(self._groups(shown, known, why))
        if reads_findings:
            await self._read_findings(row)
            if pane.is_attached:
                pane.renew_groups(self._groups(shown, known, why))
        if pane.timeline_shown:
            await self._load_timeline(pane, row)

    async def _image(self, pane: DetailPane, row: ImageRow) -> Image | None:
        """The full image; where it cannot be read the pane says why."""
        try:
            place = self._search.locate(row.key)
            if place is not None:
                return await self._services.catalogue.image(place)
        except AmituiError as error:
            pane.show_error(row.image_id, error)
            return None
        gone = f"{row.image_id} was {row.state_reason}." if row.state == GONE else ""
        pane.show_nothing(gone or "This image is no longer in the catalogue.")
        return None

    def _groups(
        self, shown: _Shown, shared_with: tuple[str, ...] | None, why: DetailLine | None
    ) -> tuple[DetailGroup, ...]:
        services = self._services
        groups = image_groups(
            shown.image,
            viewer_account=services.members.owner_of(shown.row).account,
            now=services.now(),
            shared_with=shared_with,
            why=why,
            findings=self._findings.get(_key(shown.row)),
            accounts=account_lines_of(services, self._search, shown.row),
        )
        return in_reading_order(groups)

    async def _why(self, row: ImageRow) -> DetailLine | None:
        """Why an image stands where it does, where words are searched for."""
        request = self._request()
        if not request.query.is_worded:
            return None
        try:
            (reasons,) = await self._search.explain(request, [row.key])
        except AmituiError:
            return None  # the table, which reads the same index, says what is wrong with it
        return why_line(row, reasons)

    @property
    def _may_call_ec2(self) -> bool:
        return not self._services.settings.offline and bool(self._services.session.account)

    def _needs_lineage(self, row: ImageRow) -> bool:
        return _key(row) not in self._lineages or _key(row) in self._stale

    async def _load_timeline(self, pane: DetailPane, row: ImageRow) -> None:
        """Read the image's lineage from EC2, and watch what may change."""
        key = _key(row)
        if self._needs_lineage(row):
            try:
                self._lineages[key] = await self._services.aws_for(row).lineage(*key)
                self._stale.discard(key)
            except AmituiError as error:
                self._lineages[key] = unknown_lineage(f"{error.what} ({error.why})" if error.why else error.what)
                self._stale.add(key)
        if pane.is_attached:
            self._watch(pane, row, self._lineages[key])
            pane.renew_timeline()

    def _timeline(self, shown: _Shown) -> Timeline:
        """The image's timeline as far as it is known."""
        row, image = shown
        lineage = self._lineages.get(_key(row)) or unknown_lineage(self._why_unknown())
        operations = about(self._sources.operations(row.image_id), row.image_id)
        return timeline_of(image, lineage, operations, self._services.now(), self._observations)

    def _why_unknown(self) -> str:
        if self._services.settings.offline:
            return "not read: amitui is offline"
        return "reading…" if self._services.session.account else "not read: not signed in to AWS"

    def _watch(self, pane: DetailPane, row: ImageRow, lineage: Lineage) -> None:
        """Watch the image, its copies and its instances, once."""
        watch = self._sources.watch
        if watch is None or self._watched:
            return

        def observed(observation: Observation) -> None:
            self._observations[observation.subject.kind, observation.subject.id] = observation
            if pane.is_attached:
                pane.renew_timeline()

        services = self._services
        profile = services.members.session_of(services.members.owner_of(row)).named_profile
        for region, kind, target in list(_watch_targets(row, lineage))[:MOST_WATCHED]:
            self._watched.append(watch(Subject(profile, region, kind, target), observed))

    def _needs_findings(self, shown: _Shown) -> bool:
        """Whether the findings of an image are to be asked for: only when its record says that it was scanned."""
        scanned = bool(shown.image.record.get("ScanResults"))
        return scanned and not self._findings_refused and _key(shown.row) not in self._findings

    async def _read_findings(self, row: ImageRow) -> None:
        try:
            self._findings[_key(row)] = await self._services.aws_for(row).image_findings(row.region, row.image_id)
        except NetworkError:
            return  # what EC2 is asked next says so, too
        except AmituiError as error:
            self._findings_refused = True
            self._findings[_key(row)] = ImageFindings(unknown=f"{error.what}: not asked again")

    async def _read_permissions(self, row: ImageRow) -> tuple[str, ...] | None:
        try:
            grantees = (await self._services.aws_for(row).launch_permissions(row.region, row.image_id)).words()
        except AmituiError:
            # Reading them takes a permission of its own, and the pane works without.
            return None
        self._permissions[row.region, row.image_id] = grantees
        return grantees


def account_lines_of(services: Services, search: CatalogSearch, row: ImageRow) -> list[DetailLine]:
    """Whose image a row is, and which of several accounts see it."""
    members = services.members
    if not members.several or not row.seen_by:
        return []

    def used(account: str) -> UsedAccount:
        member = members.of_account(account)
        marks = () if member is None else members.marks(member)
        return UsedAccount(account, members.name_of(account), *marks)

    seen_by = [used(account) for account in search.seen_by(row.key, members.accounts)]
    owner = used(row.owner_id)
    return list(account_lines(owner, seen_by, is_used=row.owner_id in members.accounts))


def _key(row: ImageRow) -> tuple[str, str]:
    return row.region, row.image_id


def _watch_targets(row: ImageRow, lineage: Lineage) -> Iterator[tuple[str, str, str]]:
    """Region, kind and id of what may change while the pane is open; what is in a final state is left out."""
    if lineage.state not in (None, ""):
        yield row.region, IMAGE, row.image_id
    for copy in lineage.copies or ():
        if copy.state == "pending":
            yield copy.region, IMAGE, copy.image_id
    for instance in lineage.instances or ():
        if instance.state != "terminated":
            yield row.region, INSTANCE, instance.instance_id
