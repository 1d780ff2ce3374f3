"""A security group that is made for the launch: its name, its rules as people write them, and what `me` is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from amitui.domain.launch.rule_sources import address_range, alone, is_private
from amitui.domain.launch.rule_text import RuleError, names_me, parse_rules
from amitui.domain.launch.security_group import NewGroup, group_problem
from amitui.errors import AmituiError
from amitui.ui.forms.pick_or_type import TYPED
from amitui.ui.widgets.fields import PickerItem, PickField, TextField
from amitui.ui.widgets.fields.area import AreaField

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from amitui.ui.forms.host import FormHost
    from amitui.ui.widgets.fields import Field

LONGEST_PROPOSED: Final = 100
ASK: Final = "\0ask"
"""The value of the item that asks for the public address."""

_HINT: Final = "22 from 10.0.0.0/8, ssh from me, 443 from anywhere; by comma or line."
_STAND_IN: Final = "192.0.2.1/32"
"""For `me` while its own field says that it is missing; an address of documentation."""


class RulesField(AreaField):
    """Rules, a line or a part between commas each; the cursor goes to what is wrong."""

    def __init__(self, me: Callable[[], str]) -> None:
        """Args:
        me: the address range that `me` is; empty = it is not known.
        """
        self._me = me
        self._wrong = 0
        """Where in the text the wrong part begins."""
        super().__init__(
            "  inbound",
            "group-rules",
            placeholder="for example 22 from 10.0.0.0/8, https from anywhere",
            hint=_HINT,
            rows=2,
        )

    def check(self) -> str:
        try:
            rules = parse_rules(self.value, me=self._me() or _STAND_IN)
        except RuleError as error:
            self._wrong = error.start
            return str(error)
        # What EC2 refuses of a group, whatever its name and description are.
        return group_problem(NewGroup("name", "description", "", rules))

    def focus(self, scroll_visible: bool = True) -> RulesField:
        """Focus it, with the cursor on what is wrong."""
        super().focus(scroll_visible)
        if self.problem:
            before = self.value[: self._wrong].split("\n")
            self._area.move_cursor((len(before) - 1, len(before[-1])))
        return self

    def say_what_it_means(self) -> None:
        """Show on the line under the form how the rules are read."""
        try:
            rules = parse_rules(self.value, me=self._me())
        except RuleError:
            rules = ()
        self.hint = f"Reads: {'; '.join(rule.words for rule in rules)}" if rules else _HINT


class NewGroupFields:
    """The fields, and the group that they make."""

    def __init__(self, host: FormHost, *, description: str, taken: Callable[[str], bool]) -> None:
        """Args:
        description: of the group; it cannot be changed later.
        taken: whether the VPC has a group of that name.
        """
        self._host, self._description, self._taken = host, description, taken
        self._asked, self._failure = "", ""
        self.name = TextField(
            "  its name",
            "group-name",
            check=self._name_problem,
            hint="Created first; it remains if the launch fails.",
        )
        self.rules = RulesField(lambda: self.me_range)
        self.me = PickField(
            "  me is",
            self._addresses(),
            id="group-me",
            nothing="press Enter to say which address is yours",
            hint="Rules for me let in this address alone. It is shown in the review.",
            check=lambda values: "" if values and values[0] != ASK else "say which address is yours",
        )
        self.me_typed = TextField(
            "  my address",
            "group-me-typed",
            placeholder="for example 203.0.113.7",
            check=_address_problem,
        )
        self.settle(wanted=False)

    @property
    def fields(self) -> Sequence[Field]:
        """All, in order."""
        return self.name, self.rules, self.me, self.me_typed

    @property
    def me_range(self) -> str:
        """The addresses that `me` is; empty = its user has not said."""
        chosen = self.me_typed.value if self.me.value == TYPED else self.me.value
        return "" if not chosen or chosen == ASK or _address_problem(chosen) else address_range(chosen)

    def group(self, vpc_id: str) -> NewGroup:
        """What is made; read only after the fields were checked."""
        rules = parse_rules(self.rules.value, me=self.me_range)
        return NewGroup(self.name.value, self._description, vpc_id, rules)

    def propose_name(self, image: str) -> None:
        """Call the group after the image, unless it has a name."""
        if not self.name.value:
            kept = (char if char.isascii() and (char.isalnum() or char in " ._-") else "-" for char in image)
            self.name.value = f"launch-{''.join(kept)}"[:LONGEST_PROPOSED]

    def changed(self) -> None:
        """Its user changed the rules or whose address `me` is."""
        if self.me.value == ASK:
            self.me.set_choices(self._ask)
        self.rules.say_what_it_means()

    def settle(self, *, wanted: bool) -> None:
        """Show the fields that are needed.

        Args:
            wanted: whether a group is to be made.
        """
        self.name.display = self.rules.display = wanted
        self.me.display = wanted and names_me(self.rules.value)
        self.me_typed.display = self.me.display and self.me.value == TYPED

    def _addresses(self) -> list[PickerItem]:
        client, items = self._host.ssh_client, []
        if client:
            reach = ", a private one" if is_private(client) else ""
            items.append(PickerItem(alone(client), client, f"where this SSH session comes from{reach}"))
        if self._asked:
            items.append(PickerItem(alone(self._asked), self._asked, "this machine's, by checkip.amazonaws.com"))
        else:
            obstacle = self._host.asks_no_address
            asks = "this machine's public address: one request to the internet"
            items.append(PickerItem(ASK, "ask checkip.amazonaws.com", self._failure or asks, obstacle))
        return [*items, PickerItem(TYPED, "another", "typed by hand")]

    async def _ask(self) -> Sequence[PickerItem]:
        """Ask for the public address, as its user chose to, and choose it."""
        try:
            self._asked, self._failure = await self._host.public_address(), ""
        except AmituiError as error:
            self._failure = error.what
            self.me.values = ()
            items = self._addresses()
            self.me.call_later(self._say_failure, " – ".join(error.lines()))
            return items
        self.me.values = (alone(self._asked),)
        self.me.call_later(self.rules.say_what_it_means)
        return self._addresses()

    def _say_failure(self, words: str) -> None:
        self.me.problem = words

    def _name_problem(self, name: str) -> str:
        if self._taken(name):
            return "the VPC already has a group with that name: choose it, or use another name"
        return group_problem(NewGroup(name, self._description))


def _address_problem(text: str) -> str:
    try:
        address_range(text)
    except ValueError as error:
        return str(error)
    return ""
