"""The screens and their parts, for the tables of keys: what is not listed here fails a test."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from textual.dom import DOMNode


@dataclass(frozen=True, slots=True)
class KeyPlace:
    """A screen, or a part of screens, that binds keys."""

    title: str
    classes: tuple[str, ...]
    """`module:Class` below `amitui.ui`: the place itself, then what it holds; they are listed together."""
    typed_into: bool = False
    """Whether a text field has the focus from the beginning: `?` and `q` are typed there."""

    def node_types(self) -> list[type[DOMNode]]:
        """The classes; imports their modules."""
        found: list[Any] = []
        for name in self.classes:
            module, _, cls = name.partition(":")
            found.append(getattr(import_module(f"amitui.ui.{module}"), cls))
        return found


PLACES: Final = (
    KeyPlace(
        "Images (the main screen)",
        ("app:AmituiApp", "widgets.image_table.table:ImageTable", "screens.browse:BrowseScreen"),
    ),
    KeyPlace("Details beside the table", ("screens.table_and_details:TableAndDetails",)),
    KeyPlace("Details", ("widgets.detail_pane:DetailPane",)),
    KeyPlace("Facets", ("widgets.facet_pane:FacetPane",)),
    KeyPlace("Search bar", ("widgets.search_bar:SearchBar", "widgets.search_bar:BarInput"), typed_into=True),
    KeyPlace("Operations", ("screens.operations:OperationsScreen",)),
    KeyPlace("Launched instances", ("screens.launched.screen:LaunchedScreen",)),
    KeyPlace("Console output", ("screens.console:ConsoleScreen", "widgets.text_lines:TextView")),
    KeyPlace("Audit", ("screens.audit:AuditScreen",)),
    KeyPlace("Clean up", ("screens.housekeeping:HousekeepingScreen",)),
    KeyPlace("Family", ("screens.family:FamilyScreen",)),
    KeyPlace("Image in other Regions", ("screens.region_grid:RegionGridScreen",)),
    KeyPlace("Comparison", ("screens.compare:CompareScreen", "widgets.text_lines:TextView")),
    KeyPlace("Identity", ("screens.identity:IdentityScreen", "widgets.text_lines:TextView")),
    KeyPlace("Errors", ("screens.errors:ErrorsScreen", "widgets.text_lines:TextView")),
    KeyPlace("Help", ("screens.help:HelpScreen", "screens.help:HelpFilter")),
    KeyPlace("Output of a command", ("screens.command_output:CommandOutputScreen", "widgets.text_lines:TextView")),
    KeyPlace("Before a command", ("screens.command_confirm:CommandConfirmScreen",)),
    KeyPlace("Dialogs that show text", ("screens.dialog:TextDialog", "widgets.text_lines:TextView")),
    KeyPlace("Pickers: one is chosen", ("screens.picker:BasePicker", "widgets.filter_input:FilterInput"), True),
    KeyPlace(
        "Pickers: several can be marked",
        ("screens.picker:MultiPickerScreen", "widgets.filter_input:FilterInput"),
        typed_into=True,
    ),
    KeyPlace("Regions", ("screens.regions:RegionsScreen",), typed_into=True),
    KeyPlace("Profiles", ("screens.profiles:ProfilesScreen",), typed_into=True),
    KeyPlace("Log in", ("screens.login:LoginScreen",), typed_into=True),
    KeyPlace("Log in by link", ("screens.device_login:DeviceLoginScreen", "widgets.text_lines:TextView")),
    KeyPlace("MFA code", ("screens.mfa:MfaScreen", "screens.mfa:CodeInput"), typed_into=True),
    KeyPlace("Columns", ("screens.columns:ColumnsScreen",), typed_into=True),
    KeyPlace("Saved views", ("screens.saved_views:ViewsScreen",), typed_into=True),
    KeyPlace("Commands", ("palette:Palette",), typed_into=True),
    KeyPlace("Export", ("screens.export:ExportScreen", "screens.export:FormatList")),
    KeyPlace("Forms", ("forms.form:OperationForm", "forms.edit_page:EditPage")),
    KeyPlace("Form: yes or no", ("widgets.fields.choice:Toggle",)),
    KeyPlace("Form: one of a few", ("widgets.fields.choice_line:ChoiceLine",)),
    KeyPlace("Form: rows to mark", ("widgets.fields.list:RowList",)),
    KeyPlace("Form: chosen from a list", ("widgets.fields.pick:PickLine",)),
    KeyPlace("Form: review", ("forms.review:ReviewPage",)),
    KeyPlace("Launch", ("forms.launch.form:LaunchForm", "forms.launch.storage:VolumeRows")),
    KeyPlace("Launch: a volume", ("forms.launch.volume:TakePage",)),
    KeyPlace("Share", ("forms.share.form:ShareForm",)),
)
"""Every screen and part that binds keys; those that bind none of their own are as the class they come from."""

TITLES: Final = {
    **{place.classes[0].partition(":")[2]: place.title for place in PLACES},
    "AmituiApp": "Images",
    "ImageTable": "Table",
    "BrowseScreen": "Screen",
    "BarInput": "Search bar",
    "EditPage": "Fields",
    "TextView": "Text",
    "DialogText": "Text",
    "FilterInput": "Filter",
    "FormatList": "Formats",
    "VolumeRows": "Volumes",
}
"""Titles of sections of help, by class name."""
