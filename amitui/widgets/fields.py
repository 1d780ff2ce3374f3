"""The fields that forms are made of."""

from __future__ import annotations

from amitui.widgets.field import LABEL_CELLS, Field
from amitui.widgets.field_area import AreaField
from amitui.widgets.field_choice import ChoiceField, ToggleField
from amitui.widgets.field_date import DateField
from amitui.widgets.field_list import ListField, ListRow
from amitui.widgets.field_pick import PickField
from amitui.widgets.field_tags import TagsField
from amitui.widgets.field_text import NoteField, TextField
from amitui.widgets.pick_list import PickerItem

__all__ = [
    "LABEL_CELLS",
    "AreaField",
    "ChoiceField",
    "DateField",
    "Field",
    "ListField",
    "ListRow",
    "NoteField",
    "PickField",
    "PickerItem",
    "TagsField",
    "TextField",
    "ToggleField",
]
