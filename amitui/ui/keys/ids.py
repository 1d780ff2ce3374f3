"""The ids of all bindings, by which `[keys]` of the config gives them other keys.

They stand with the bindings; here they are listed, as importing all screens takes a third of a second. A test
compares.
"""

from __future__ import annotations

from typing import Final

_OF_ALL: Final = (
    "audit back cancel change clean_up columns compare copy copy_arn copy_id copy_parameter create deprecate "
    "deprecated deregister describe disable enable errors export facets family family_regions help identity "
    "imds interrupt latest launch launched leave login operations palette profile promote protect quit "
    "quit_always recycle_bin refresh regions register roll-out save_view search share sort store suspend tag "
    "undeprecate undo unprotect unstore usage-report views "
)
"""Actions of the main screen, and keys that mean the same everywhere."""

_BY_PLACE: Final = {
    "audit": (
        "again copy copy_successor details_down details_up down export filter first fold last leave open "
        "page_down page_up roll_out unfold up verdict "
    ),
    "browse": "details_down details_tab details_tab_before details_up next previous",
    "choice": "left right",
    "clean": (
        "back builds clear deprecate deregister details_down details_up disable do down families first last "
        "leave mark mark_all page_down page_up reload rule up "
    ),
    "columns": "down reset up",
    "command": "down leave run up",
    "commands": "leave",
    "compare": "leave swap",
    "console": "copy leave read",
    "detail": "close details_down details_up last next tab tab_before",
    "device": "copy",
    "dialog": "leave",
    "errors": "clear leave",
    "export": "down enter leave next up write",
    "facets": "before choose close down first last next page_down page_up up",
    "family": "copy copy_this details_down details_up down first last leave open page_down page_up up",
    "form": "back down elsewhere enter go_on leave next page_down page_up review up",
    "formats": "down first last page_down page_up up",
    "grid": "ask copy copy_all details_down details_up down first last leave open page_down page_up up",
    "help": "bottom choose down leave page_down page_up search top up",
    "identity": "ask leave",
    "launch": "cloudformation terraform",
    "launched": (
        "all console details_down details_up down filter first ids last leave login mark mark_all open "
        "page_down page_up start stop terminate up "
    ),
    "login": "leave",
    "mfa": "choose leave",
    "operations": (
        "all details_down details_up down drop export first fold go_on last leave open page_down page_up "
        "pause retry undo unfold up "
    ),
    "output": "copy leave stop",
    "pick": "open open_too",
    "picker": "choose down first last leave mark mark_typed page_down page_up up",
    "profiles": "all",
    "regions": "cached",
    "review": "back copy do down page_down page_up up",
    "rows": "all down toggle up",
    "scope": "all amazon community marketplace mine publishers shared",
    "search": "clear complete done newer older",
    "share": "policy",
    "table": "choose clear collapse down expand first last mark open page_down page_up up",
    "text": "bottom down page_down page_up top up",
    "toggle": "arrows toggle",
    "views": "remove",
    "volume": "take",
    "volumes": "add edit",
}
"""By the part before the dot, those behind it."""

BINDING_IDS: Final = frozenset(_OF_ALL.split()) | frozenset(
    f"{place}.{name}" for place, names in _BY_PLACE.items() for name in names.split()
)
