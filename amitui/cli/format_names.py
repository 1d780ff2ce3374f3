"""The names of formats that `-o` takes: those that are built in, and those that other packages bring."""

from __future__ import annotations

from amitui.presentation.export import FORMATS


class FormatNames(tuple[str, ...]):
    """Lists the built-in names, for help; whether packages have another one is looked up when it is typed."""

    __slots__ = ()

    def __contains__(self, name: object) -> bool:
        if super().__contains__(name):
            return True
        from amitui.presentation.exporters import installed  # reading what is installed takes a while

        return name in installed()


def format_names() -> FormatNames:
    """The names, in order."""
    return FormatNames(FORMATS)
