"""Which instance types an image runs on, and why not on the others, by EC2's documented rules.

Only EC2 knows for sure: what is said here is what it is known to refuse. What a record leaves open is no reason.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple, TypeAlias

from amitui.domain.image.image import Image, ImageFlag
from amitui.domain.image.row import ImageRow
from amitui.domain.launch.instance_type import InstanceType, instance_type_names, wildcard

PREFERS_UEFI: Final = "uefi-preferred"
INSTANCE_STORE: Final = "instance-store"
_NAMED: Final = 4
"""Most patterns of an image's type specification that are named in one reason."""
_GIB: Final = 1024


class ImageNeeds(NamedTuple):
    """What an image requires of an instance type. Empty = unknown, and no type is excluded by it."""

    architecture: str = ""
    virtualization: str = ""
    root_device_type: str = ""
    boot_mode: str = ""
    """Empty: the type's own default, UEFI on Graviton and legacy BIOS on Intel and AMD."""
    ena: bool = False
    """Whether it says that it has ENA's driver."""
    tpm: bool = False
    encrypted: bool = False
    """Whether a volume is made from an encrypted snapshot."""
    supported_types: tuple[str, ...] = ()
    """The owner's list of types that it supports, `*` for anything; empty = all."""
    unsupported_types: tuple[str, ...] = ()
    ephemeral_disks: int = 0
    """Disks of the instance store that it maps."""

    @classmethod
    def of(cls, image: Image) -> ImageNeeds:
        """The needs according to the full record."""
        summary = image.summary
        found = image.record.get("InstanceTypeSpecification")
        specification = found if isinstance(found, dict) else {}
        return cls(
            architecture=summary.architecture,
            virtualization=summary.virtualization,
            root_device_type=summary.root_device_type,
            boot_mode=summary.boot_mode,
            ena=image.ena_support is True,
            tpm=bool(summary.flags & ImageFlag.TPM),
            encrypted=bool(summary.flags & ImageFlag.ENCRYPTED),
            supported_types=tuple(instance_type_names(specification.get("SupportedInstanceTypes"))),
            unsupported_types=tuple(instance_type_names(specification.get("UnsupportedInstanceTypes"))),
            ephemeral_disks=sum(bool(one.virtual_name) and not one.no_device for one in image.block_devices),
        )

    @classmethod
    def of_row(cls, row: ImageRow) -> ImageNeeds:
        """The needs according to a row, without the types that its owner names."""
        return cls(
            architecture=row.architecture,
            virtualization=row.virtualization,
            root_device_type=row.root_device_type,
            boot_mode=row.boot_mode,
            ena=bool(row.flags & ImageFlag.ENA),
            tpm=bool(row.flags & ImageFlag.TPM),
            encrypted=bool(row.flags & ImageFlag.ENCRYPTED),
        )


SomeImage: TypeAlias = Image | ImageRow | ImageNeeds


def needs_of(image: SomeImage) -> ImageNeeds:
    """What an image asks of a type, however much of it is known."""
    if isinstance(image, ImageNeeds):
        return image
    return ImageNeeds.of(image) if isinstance(image, Image) else ImageNeeds.of_row(image)


def why_not(image: SomeImage, instance_type: InstanceType) -> tuple[str, ...]:
    """Why an image cannot run on a type, in a few words each; empty = nothing is known against it.

    Args:
        image: give its `ImageNeeds` where it is compared with many types.
    """
    needs = needs_of(image)
    reasons = (
        _unlike("architecture", needs.architecture, instance_type.architectures),
        _unlike("virtualization", needs.virtualization, instance_type.virtualization_types),
        _root(needs, instance_type),
        _boot(needs, instance_type),
        _ena(needs, instance_type),
        _tpm(needs, instance_type),
        "the image has encrypted volumes, which the type does not support"
        if needs.encrypted and not instance_type.encryption
        else "",
        _named_by_owner(needs, instance_type.name),
    )
    return tuple(reason for reason in reasons if reason)


def notes(image: SomeImage, instance_type: InstanceType) -> tuple[str, ...]:
    """What to know of an image on a type on which it runs."""
    needs = needs_of(image)
    found = []
    modes = instance_type.boot_modes
    if needs.boot_mode == PREFERS_UEFI and modes and "uefi" not in modes and not instance_type.mac:
        found.append("it boots with legacy BIOS on this type: UEFI features such as Secure Boot are silently lost")
    if instance_type.mac:
        found.append("a Mac runs only on a Dedicated Host, billed for at least 24 hours")
    if instance_type.ena == "supported" and not needs.ena and needs.virtualization != "paravirtual":
        found.append("the image does not declare ENA support: the network is slower than the type allows")
    if needs.root_device_type == INSTANCE_STORE:
        found.append(
            "its root is an instance store: the instance cannot be stopped, and its data is lost when it ends"
        )
    if needs.ephemeral_disks and not instance_type.instance_storage_gb:
        found.append("the image maps instance store volumes, which the type does not have")
    return tuple(found)


def market_problem(instance_type: InstanceType, market: str) -> str:
    """Why a type cannot be had on a market (`on-demand`, `spot`); empty = it can."""
    offered = instance_type.usage_classes
    if not offered or market in offered:
        return ""
    return f"{instance_type.name} is not offered on the {market} market, but as {', '.join(offered)}"


def runnable(image: SomeImage, types: Iterable[InstanceType]) -> list[InstanceType]:
    """Those of the types on which the image runs, in their order."""
    needs = needs_of(image)
    return [one for one in types if not why_not(needs, one)]


def suggested(image: SomeImage, types: Iterable[InstanceType]) -> InstanceType | None:
    """A small and cheap type to begin with, of those on which the image runs; `None` = it runs on none.

    Of the free tier if there is one, burstable, with 1 GiB of memory at least, the longest in use.
    """

    def rank(one: InstanceType) -> tuple[int | str, ...]:
        return (
            not one.free_tier,
            one.bare_metal,
            bool(one.accelerators),
            one.memory_mib < _GIB,
            not one.burstable,
            one.memory_mib,
            not one.current_generation,
            not one.nitro,
            one.vcpus,
            one.generation,
            one.name,
        )

    return min(runnable(image, types), key=rank, default=None)


def _unlike(what: str, wanted: str, offered: tuple[str, ...]) -> str:
    """A thing that must be among what the type offers."""
    if not wanted or not offered or wanted in offered:
        return ""
    return f"the image's {what} is {wanted}, the type's {_either(offered)}"


def _root(needs: ImageNeeds, instance_type: InstanceType) -> str:
    wanted, offered = needs.root_device_type, instance_type.root_device_types
    if not wanted or not offered or wanted in offered:
        return ""
    if wanted == INSTANCE_STORE:
        return "the image's root is an instance store (a bundle in S3), the type boots from EBS only"
    return f"the image's root is {wanted}, the type boots from {_either(offered)}"


def _boot(needs: ImageNeeds, instance_type: InstanceType) -> str:
    wanted, offered = needs.boot_mode, instance_type.boot_modes
    # Macs boot by Apple's firmware: what EC2 calls the mode of a macOS image or of a Mac decides nothing.
    if not wanted or not offered or wanted in offered or instance_type.mac:
        return ""
    if wanted == PREFERS_UEFI and set(offered) & {"uefi", "legacy-bios"}:
        return ""
    return f"the image boots by {_MODES.get(wanted, wanted)}, the type by {_either(offered, _MODES)} only"


def _ena(needs: ImageNeeds, instance_type: InstanceType) -> str:
    if instance_type.ena != "required" or needs.ena:
        return ""
    return "the type requires ENA, and the image does not declare ENA support"


def _tpm(needs: ImageNeeds, instance_type: InstanceType) -> str:
    if not needs.tpm or instance_type.nitro_tpm:
        return ""
    return "the image requires NitroTPM, which the type does not support"


def _named_by_owner(needs: ImageNeeds, name: str) -> str:
    """What the image's own lists say: on the first if there is one, and not on the second."""
    excluded = next((text for text in needs.unsupported_types if wildcard(text).fullmatch(name)), "")
    if excluded:
        return f"the image's owner excludes {excluded}"
    listed = needs.supported_types
    if not listed or any(wildcard(text).fullmatch(name) for text in listed):
        return ""
    more = ", …" if len(listed) > _NAMED else ""
    return f"the image's owner allows only {', '.join(listed[:_NAMED])}{more}"


_MODES: Final = {"uefi": "UEFI", "legacy-bios": "legacy BIOS"}


def _either(values: tuple[str, ...], words: dict[str, str] | None = None) -> str:
    return " or ".join((words or {}).get(value, value) for value in values)
