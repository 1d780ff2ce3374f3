"""Images for CloudFormation and Ansible, as YAML: every text is a double-quoted scalar on one line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from amitui.domain.image.row import ImageRow
from amitui.domain.products.parameters import public_parameter
from amitui.presentation.quoting import double_quoted
from amitui.presentation.snippets.lookup import Lookup, lookups, pinned

MOST_MAPPINGS: Final = 200
"""Of a template."""

_TEMPLATED: Final = ("{{", "{%", "{#")
"""What Ansible's Jinja would evaluate; a text that is marked `!unsafe` is left alone."""


def cloudformation(rows: Iterable[ImageRow]) -> Iterator[str]:
    """A template: a mapping from Region to id a family, and a parameter that follows AWS where one is public.

    Each is used in a launch template, which costs nothing.
    """
    entries = pinned(rows)
    if not entries:
        return
    if len(entries) > MOST_MAPPINGS:
        left_out = len(entries) - MOST_MAPPINGS
        yield f"# A template holds {MOST_MAPPINGS} mappings; {left_out} families are left out.\n"
        entries = entries[:MOST_MAPPINGS]
    paths = {one.pascal: path for one in entries if (path := public_parameter(one.row))}
    yield 'AWSTemplateFormatVersion: "2010-09-09"\n'
    if paths:
        yield "\nParameters:\n" + "".join(
            f"  {name}Latest:\n"
            f"    # The newest build whenever the stack is updated.\n"
            f"    Type: AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>\n"
            f"    Default: {double_quoted(path)}\n"
            for name, path in paths.items()
        )
    yield "\nMappings:\n" + "".join(map(_mapping, entries))
    yield "\nResources:\n" + "".join(_resources(one, floating=one.pascal in paths) for one in entries)


def _mapping(one: Lookup) -> str:
    comments = "".join(f"  # {note}\n" for note in one.about)
    regions = "".join(
        f"    {double_quoted(row.region)}:\n      ImageId: {double_quoted(row.image_id)}\n" for row in one.builds
    )
    return f"{comments}  {one.pascal}:\n{regions}"


def _resources(one: Lookup, *, floating: bool) -> str:
    pin = _launch_template(f"{one.pascal}Template", f"!FindInMap [{one.pascal}, !Ref AWS::Region, ImageId]")
    return pin + (_launch_template(f"{one.pascal}LatestTemplate", f"!Ref {one.pascal}Latest") if floating else "")


def _launch_template(name: str, image: str) -> str:
    return (
        f"  {name}:\n"
        f"    Type: AWS::EC2::LaunchTemplate\n"
        f"    Properties:\n"
        f"      LaunchTemplateData:\n"
        f"        ImageId: {image}\n"
    )


def ansible(rows: Iterable[ImageRow]) -> Iterator[str]:
    """Tasks that ask for the images and keep the id of the newest."""
    for number, one in enumerate(lookups(rows, regional=True)):
        filters = "".join(f"      {name}: {_ansible_string(value)}\n" for name, value in one.filters)
        # Named by its id, a deprecated image is shown too.
        wanted = f"filters:\n{filters}" if one.pattern else f"image_ids: [{_ansible_string(one.row.image_id)}]\n"
        newest = f"{{{{ ({one.snake}_images.images | sort(attribute='creation_date') | last).image_id }}}}"
        yield "\n" if number else ""
        yield (
            f"{one.comments('#')}"
            f"- name: Find {one.snake}\n"
            f"  amazon.aws.ec2_ami_info:\n"
            f"    region: {_ansible_string(one.row.region)}\n"
            f"    owners: [{_ansible_string(one.owner)}]\n"
            f"    {wanted}"
            f"  register: {one.snake}_images\n"
            f"\n"
            f"- name: Keep the id of the newest {one.snake}\n"
            f"  ansible.builtin.set_fact:\n"
            f"    {one.snake}: {double_quoted(newest)}\n"
        )


def _ansible_string(text: str) -> str:
    return f"{'!unsafe ' if any(mark in text for mark in _TEMPLATED) else ''}{double_quoted(text)}"
