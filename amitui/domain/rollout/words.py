"""What a roll-out changes and what may surprise of it, a sentence each."""

from __future__ import annotations

from amitui.domain.rollout.moved import RollOut


def changes(found: RollOut) -> list[str]:
    new = found.image.image_id
    words = [f"Parameter {one.name}: {one.old} → {new}." for one in found.parameters]
    made: dict[str, int] = {}
    for template in found.templates:
        number = template.latest + made.get(template.template_id, 0) + 1
        made[template.template_id] = made.get(template.template_id, 0) + 1
        sentence = (
            f"Launch template {template.name}: version {template.source} → {number}, a copy of it with "
            f"{template.old_image or 'its image'} → {new}"
        )
        words.append(
            f"{sentence}; it becomes the default version."
            if template.set_default
            else f"{sentence}; the default version stays."
        )
    for group in found.groups:
        kept = (
            "all of them, as only a parameter changes"
            if group.by_parameter
            else "those that have the new version already are kept"
        )
        count = f"{group.instances} instance{'' if group.instances == 1 else 's'}"
        words.append(
            f"Auto Scaling group {group.name}: an instance refresh replaces its {count}, {kept}; "
            f"{found.options.min_healthy}% stay in service."
        )
    if len(found.groups) > 1:
        words.append(
            "All groups are refreshed at the same time."
            if found.options.at_once
            else "The groups are refreshed one after the other."
        )
    if found.options.roll_back:
        words.append("If a step fails, what was done before it is taken back by itself.")
    return words


def warnings(found: RollOut) -> list[str]:
    words = list(found.bystanders)
    if found.image.deprecated is not None:
        words.append(f"{found.image.image_id} has a deprecation date: check that it is the one to roll out.")
    if found.templates:
        words.append(
            "A copy of a version does not take over the snapshots that the version names for further volumes."
        )
    if not found.options.roll_back:
        words.append("Nothing is taken back by itself if a step fails: roll it back with u in Operations (o).")
    by_hand = [group.name for group in found.groups if found.options.roll_back and not group.auto_rollback]
    if by_hand:
        words.append(
            f"Auto Scaling cannot roll back {', '.join(by_hand)} by itself: amitui does, while it runs or once it "
            "is started again."
        )
    if found.groups:
        words.append("A pause cancels the refresh: instances that were replaced stay, and it begins again later.")
    return words
