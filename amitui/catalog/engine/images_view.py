"""The table `images` over the files of an export: each image of a Region once, as `amitui find` counts them.

What everybody sees of an image and what each account sees are rows of different files. Of one image the row of its
owner's account says most, then that of the first of the accounts in use, and last the public one.
"""

# ruff: noqa: S608 - what is put into statements are the columns of `export_columns` and escaped paths

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from amitui.catalog.engine.sandbox import escaped, literal
from amitui.domain.catalogue.export_columns import COLUMNS

_COLUMNS: Final = ", ".join(f'"{one.name}"' for one in COLUMNS)


def images_of(public: Sequence[str], private: Sequence[str] = (), accounts: Sequence[str] = ()) -> str | None:
    """The SELECT of the images in files of an export; `None`: there are none.

    Args:
        public: absolute paths of the files of what everybody sees, in which each image of a Region is once.
        private: of the files of what accounts see.
        accounts: those in use, in their order.
    """
    if not private:
        return f"SELECT {_COLUMNS} FROM {_files(public)}" if public else None
    places = ", ".join(map(literal, accounts))
    order = f"owner_id IS NOT DISTINCT FROM account DESC, list_position([{places}]::VARCHAR[], account)"
    seen = (
        f"SELECT {_COLUMNS} FROM {_files(private)}"
        f" QUALIFY row_number() OVER (PARTITION BY region, image_id ORDER BY {order}, account, scope) = 1"
    )
    if not public:
        return seen
    return (
        f"SELECT {_COLUMNS} FROM {_files(public)} ANTI JOIN (SELECT region, image_id FROM {_files(private)})"
        f" USING (region, image_id) UNION ALL {seen}"
    )


def _files(paths: Sequence[str]) -> str:
    listed = ", ".join(literal(escaped(path)) for path in paths)
    # An account as the scope is a text, however much it looks like a number.
    return f"read_parquet([{listed}], hive_partitioning = true, hive_types_autocast = false)"
