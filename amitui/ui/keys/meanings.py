"""What each key means: one meaning, the same on every screen that binds it.

Bindings stand with the widgets and screens that they belong to. Here is what their keys may be used for: a test
walks all of them, and fails when a binding uses a key that has another meaning here, or none. A new binding takes
a key of the meaning that it has, or a key that is free.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final


@dataclass(frozen=True, slots=True)
class KeyMeaning:
    """Keys that mean the same, and the bindings that use them."""

    keys: tuple[str, ...]
    """As Textual spells them."""
    group: str
    """Under which heading it is listed."""
    words: str
    """What they mean, wherever they are bound."""
    bindings: tuple[str, ...]
    """Ids of the bindings, `*` standing for anything."""

    def covers(self, binding_id: str) -> bool:
        """Whether a binding may use these keys."""
        return any(fnmatchcase(binding_id, pattern) for pattern in self.bindings)


MOVE: Final = "Move"
LEAVE: Final = "Leave, help, find"
LOOK: Final = "What is shown"
CHOOSE: Final = "Choose and copy"
CHANGE: Final = "Change something"
OPEN: Final = "Open, and close again"
FORMS: Final = "In forms"

GROUPS: Final = (LEAVE, MOVE, CHOOSE, LOOK, OPEN, CHANGE, FORMS)
"""In the order in which they are listed."""


def _means(keys: str, group: str, words: str, bindings: str) -> KeyMeaning:
    return KeyMeaning(tuple(keys.split()), group, words, tuple(bindings.split()))


MEANINGS: Final = (
    _means("escape", LEAVE, "one step back", "back *.leave *.back *.close search.clear"),
    _means(
        "q",
        LEAVE,
        "close what is in front; on the main screen quit",
        "quit *.leave *.back *.close",
    ),
    _means("ctrl+q", LEAVE, "quit amitui from anywhere", "quit_always"),
    _means("ctrl+c", LEAVE, "clear the field; without text in it leave, like q", "interrupt"),
    _means("ctrl+z", LEAVE, "suspend; `fg` comes back", "suspend"),
    _means("question_mark f1", LEAVE, "help on the screen that is shown, and close it", "help help.leave"),
    _means("colon ctrl+p", LEAVE, "find any action by name", "palette"),
    _means("slash", LEAVE, "type to search or filter", "search audit.filter help.search"),
    _means("up k", MOVE, "up; in the search bar the query before", "*.up search.older"),
    _means("down j", MOVE, "down; in the search bar the query after", "*.down search.newer"),
    _means("pageup ctrl+b", MOVE, "one page up", "*.page_up"),
    _means("pagedown ctrl+f", MOVE, "one page down", "*.page_down"),
    _means("home ctrl+home", MOVE, "to the first", "*.first *.top"),
    _means("end ctrl+end", MOVE, "to the last", "*.last *.bottom"),
    _means(
        "right",
        MOVE,
        "into what the cursor is on, or one to the right",
        "table.expand operations.unfold audit.unfold clean.builds detail.tab facets.next choice.right "
        "toggle.arrows",
    ),
    _means(
        "left",
        MOVE,
        "out of it again, or one to the left",
        "table.collapse operations.fold audit.fold clean.families detail.tab_before facets.before choice.left "
        "toggle.arrows",
    ),
    _means("J shift+down", MOVE, "scroll the details down", "*.details_down"),
    _means("K shift+up", MOVE, "scroll the details up", "*.details_up"),
    _means("shift+right", MOVE, "the next tab of the details beside the table", "browse.details_tab"),
    _means("shift+left", MOVE, "the tab before", "browse.details_tab_before"),
    _means("right_square_bracket alt+down", MOVE, "details of the next image", "detail.next"),
    _means("left_square_bracket alt+up", MOVE, "details of the image before", "detail.last"),
    _means(
        "tab",
        MOVE,
        "go on: to the next pane or field; in the search bar first take the offer",
        "browse.next form.next export.next search.complete",
    ),
    _means("shift+tab", MOVE, "back to the pane or field before", "browse.previous"),
    _means(
        "enter",
        CHOOSE,
        "open or choose what the cursor is on, or go on with it",
        "*.open *.choose detail.close search.done form.enter export.enter clean.do volumes.edit",
    ),
    _means("ctrl+o", CHOOSE, "details, where Enter chooses (amitui pick)", "table.open"),
    _means(
        "space",
        CHOOSE,
        "mark, tick or choose what the cursor is on",
        "*.mark facets.choose toggle.toggle rows.toggle choice.right pick.open_too",
    ),
    _means(
        "ctrl+@ ctrl+space insert",
        CHOOSE,
        "mark while a filter is typed, in which Space is a blank",
        "picker.mark_typed",
    ),
    _means("ctrl+a asterisk", CHOOSE, "mark all, or none", "*.mark_all rows.all profiles.all regions.cached"),
    _means("U", CHOOSE, "unmark everything", "clean.clear table.clear"),
    _means(
        "1 2 3 4 5 6 7",
        CHOOSE,
        "show the scope with that number; in pickers digits choose the row that bears them",
        "scope.*",
    ),
    _means(
        "y ctrl+y",
        CHOOSE,
        "copy what one needs most: the ID, the ssh command, the commands of a review",
        "copy_id *.copy launched.login",
    ),
    _means(
        "Y",
        CHOOSE,
        "copy the other thing: the ARN, the instance IDs, the successor, all Regions",
        "copy_arn launched.ids family.copy_this grid.copy_all audit.copy_successor",
    ),
    _means("f5", LOOK, "ask EC2 again", "refresh *.ask console.read clean.reload audit.again"),
    _means("ctrl+x", LOOK, "stop fetching", "cancel"),
    _means("r", LOOK, "choose Regions", "regions"),
    _means("P", LOOK, "choose the profile", "profile"),
    _means("S", LOOK, "sort", "sort"),
    _means("v", LOOK, "choose columns", "columns"),
    _means("ctrl+up", LOOK, "move a column up", "columns.up"),
    _means("ctrl+down", LOOK, "move a column down", "columns.down"),
    _means("ctrl+r", LOOK, "columns: let the table choose", "columns.reset"),
    _means("d", LOOK, "show or hide deprecated images", "deprecated"),
    _means("f", LOOK, "families or builds", "latest"),
    _means("h", LOOK, "hide what is over or elsewhere, or show all", "operations.all launched.all"),
    _means("b", LOOK, "filter by a fact: facets, the state, the verdict", "facets launched.filter audit.verdict"),
    _means("m", LOOK, "choose the rule of a clean-up", "clean.rule"),
    _means("X", LOOK, "exchange the two sides of a comparison", "compare.swap"),
    _means("w", LOOK, "save the view", "save_view"),
    _means("W", LOOK, "open a saved view", "views"),
    _means("f8", LOOK, "delete a saved view", "views.remove"),
    _means("o", OPEN, "operations", "operations operations.leave"),
    _means("L", OPEN, "launched instances", "launched launched.leave"),
    _means("C", OPEN, "console output of an instance", "launched.console console.leave"),
    _means("A", OPEN, "audit of what runs", "audit audit.leave"),
    _means("H", OPEN, "clean up images", "clean_up clean.leave"),
    _means("F", OPEN, "the family's page", "family family.leave"),
    _means("G", OPEN, "the image in other Regions", "family_regions grid.leave"),
    _means("equals_sign", OPEN, "compare two marked images", "compare compare.leave"),
    _means("i", OPEN, "account and identity", "identity identity.leave"),
    _means("f9", OPEN, "log in, or start the demo", "login login.leave"),
    _means("exclamation_mark", OPEN, "errors", "errors errors.leave"),
    _means("ctrl+l", OPEN, "empty the error log", "errors.clear"),
    _means("a", CHANGE, "all operations on the image", "change"),
    _means("l", CHANGE, "launch instances", "launch"),
    _means("s", CHANGE, "share", "share"),
    _means("c", CHANGE, "copy to other Regions", "copy"),
    _means("n", CHANGE, "create an image from an instance", "create"),
    _means("g", CHANGE, "register an image", "register"),
    _means("R", CHANGE, "roll out", "roll-out audit.roll_out"),
    _means("D", CHANGE, "deregister", "deregister clean.deregister"),
    _means("B", CHANGE, "disable (block launches)", "disable clean.disable"),
    _means("E", CHANGE, "deprecate", "deprecate clean.deprecate"),
    _means("e", CHANGE, "export to a file", "export operations.export audit.export"),
    _means("u", CHANGE, "undo", "undo operations.undo"),
    _means("T", CHANGE, "try again", "operations.retry"),
    _means("greater_than_sign", CHANGE, "start, or continue", "launched.start operations.go_on"),
    _means("full_stop", CHANGE, "stop", "launched.stop output.stop"),
    _means("p", CHANGE, "pause", "operations.pause"),
    _means("t", CHANGE, "terminate", "launched.terminate"),
    _means("x", CHANGE, "give up", "operations.drop"),
    _means(
        "ctrl+s",
        FORMS,
        "go on: review what will be done, then do it",
        "form.go_on form.review review.do export.write volume.take command.run",
    ),
    _means("plus", FORMS, "add a volume", "volumes.add"),
    _means("f2", FORMS, "copy the key policy", "share.policy"),
    _means("f3", FORMS, "ask EC2 who else uses the images", "form.elsewhere"),
    _means("ctrl+t", FORMS, "copy as Terraform", "launch.terraform"),
    _means("ctrl+g", FORMS, "copy as CloudFormation", "launch.cloudformation"),
)
"""Every key that amitui binds. What edits text in a field is Textual's own, and listed in the documentation."""


def meaning_of(key: str) -> KeyMeaning | None:
    """The meaning of a key, as Textual spells it; `None` = it is free."""
    return next((one for one in MEANINGS if key in one.keys), None)
