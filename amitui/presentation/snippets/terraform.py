"""Images for Terraform: data sources that find later builds, and a map from Region to id that stays as it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from amitui.domain.image.row import ImageRow
from amitui.presentation.hcl import Attribute, Line, block, hcl_list, hcl_string
from amitui.presentation.snippets.lookup import lookups, pinned


def terraform(rows: Iterable[ImageRow]) -> Iterator[str]:
    """A data source `aws_ami` for each family, or for each image where nothing floats."""
    for number, one in enumerate(lookups(rows)):
        yield "\n" if number else ""
        lines: list[Line] = [
            # Whose images are looked up: without it, whatever a stranger publishes under the name is taken.
            *([Attribute("most_recent", "true")] if one.pattern else [Attribute("include_deprecated", "true")]),
            Attribute("owners", hcl_list(one.owner)),
        ]
        for name, value in one.filters:
            lines += [
                "",
                *block("filter", [Attribute("name", hcl_string(name)), Attribute("values", hcl_list(value))]),
            ]
        yield one.comments("#") + "\n".join(block(f'data "aws_ami" "{one.snake}"', lines)) + "\n"


def terraform_map(rows: Iterable[ImageRow]) -> Iterator[str]:
    """Ids by family and Region as a local value; nothing is looked up when it is used."""
    entries: list[Line] = []
    example = ""
    for one in pinned(rows):
        ids: list[Line] = [Attribute(hcl_string(row.region), hcl_string(row.image_id)) for row in one.builds]
        entries += [f"# {note}" for note in one.about] + block(f"{one.snake} =", ids)
        example = example or one.snake
    if example:
        use = f"# Use: ami = local.ami_ids.{example}[var.region]\n"
        yield use + "\n".join(block("locals", block("ami_ids =", entries))) + "\n"
