"""The fields that forms are made of."""

from __future__ import annotations

from amitui.ui.widgets.fields.area import AreaField
from amitui.ui.widgets.fields.base import LABEL_CELLS, Field
from amitui.ui.widgets.fields.choice import ChoiceField, ToggleField
from amitui.ui.widgets.fields.date import DateField
from amitui.ui.widgets.fields.list import ListField, ListRow
from amitui.ui.widgets.fields.pick import PickField
from amitui.ui.widgets.fields.tags import TagsField
from amitui.ui.widgets.fields.text import NoteField, TextField
from amitui.ui.widgets.pick_list import PickerItem

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
