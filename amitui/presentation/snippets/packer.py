"""Images for Packer: data sources of its plugin for Amazon."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from amitui.domain.image.row import ImageRow
from amitui.presentation.hcl import Attribute, Line, block, hcl_list, hcl_string
from amitui.presentation.snippets.lookup import lookups


def packer(rows: Iterable[ImageRow]) -> Iterator[str]:
    """A data source `amazon-ami` of Packer's plugin for Amazon; `source_ami_filter` takes the same arguments."""
    for number, one in enumerate(lookups(rows, regional=True)):
        yield "\n" if number else ""
        lines: list[Line] = [
            Attribute("region", hcl_string(one.row.region)),
            Attribute("owners", hcl_list(one.owner)),
            *([Attribute("most_recent", "true")] if one.pattern else [Attribute("include_deprecated", "true")]),
            *block("filters =", [Attribute(name, hcl_string(value)) for name, value in one.filters]),
        ]
        use = f"# Use: source_ami = data.amazon-ami.{one.snake}.id\n"
        yield one.comments("#") + use + "\n".join(block(f'data "amazon-ami" "{one.snake}"', lines)) + "\n"
