"""How one gets into what is launched, and what it may do: key pair, instance profile, metadata service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from amitui.ui.forms.pick_or_type import PickOrType
from amitui.ui.widgets.fields import PickerItem, TextField, ToggleField

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amitui.domain.launch.inventory import LaunchInventory
    from amitui.ui.widgets.fields import Field

FEWEST_HOPS: Final = 1
MOST_HOPS: Final = 64
"""The range of HttpPutResponseHopLimit."""
DEFAULT_HOPS: Final = 2
"""Reaches containers in the instance; what AWS's own images set too."""

_NO_KEY: Final = PickerItem("", "none", "no SSH login, unless the image provides another way")
_NO_WINDOWS_KEY: Final = PickerItem("", "none", "you cannot get the administrator password")
_NO_PROFILE: Final = PickerItem("", "none", "it cannot call AWS services or use Session Manager")
_RSA_ONLY: Final = "Windows passwords require an RSA key"


class AccessFields:
    """The fields, and what they say together."""

    def __init__(self, inventory: LaunchInventory, region: str, *, windows: bool) -> None:
        self._inventory, self._region, self._windows = inventory, region, windows
        self.key = PickOrType(
            "Key pair",
            self._keys,
            id="key",
            first=(_NO_WINDOWS_KEY if windows else _NO_KEY,),
            hint="EC2 puts its public key on the instance; you log in with the private key.",
            typed_label="  its name",
            placeholder="its name in this Region",
            check=lambda text: "" if text else "a key pair name is required",
        )
        self.profile = PickOrType(
            "IAM profile",
            self._profiles,
            id="profile",
            first=(_NO_PROFILE,),
            hint="Permissions for programs on the instance.",
            typed_label="  its name",
            placeholder="name or ARN",
            check=lambda text: "" if text else "a profile name or ARN is required",
        )
        self.tokens = ToggleField(
            "IMDSv2",
            "require a token for metadata",
            True,
            id="tokens",
            hint="Else a program tricked into fetching a URL can leak its credentials.",
        )
        self.hops = TextField(
            "Hop limit",
            "hops",
            str(DEFAULT_HOPS),
            hint="Network hops for metadata responses: 1 = instance, 2 = its containers too.",
            check=_hops_problem,
        )
        self.proposes_key = True
        """Whether the only key pair is taken when none was chosen: not after a launch without one."""

    @property
    def fields(self) -> Sequence[Field]:
        """What comes under the heading of its own; the key pair stands further up."""
        return (*self.profile.fields, self.tokens, self.hops)

    @property
    def hop_limit(self) -> int:
        """As typed; read only after the fields were checked."""
        return int(self.hops.value)

    async def _keys(self) -> Sequence[PickerItem]:
        found = await self._inventory.key_pairs(self._region)
        items = [
            PickerItem(
                one.name,
                one.name,
                " ".join(part for part in (one.kind, one.key_pair_id) if part),
                _RSA_ONLY if self._windows and one.kind == "ed25519" else "",
            )
            for one in found
        ]
        usable = [item for item in items if not item.disabled_reason]
        if len(usable) == 1 and self.proposes_key and not self.key.value:
            self.key.value = usable[0].value
        return items

    async def _profiles(self) -> Sequence[PickerItem]:
        return [
            PickerItem(one.name, one.name, f"role {', '.join(one.roles)}" if one.roles else one.arn, one.obstacle)
            for one in await self._inventory.profiles(self._region)
        ]


def _hops_problem(text: str) -> str:
    if text.isascii() and text.isdigit() and len(text) < 8 and FEWEST_HOPS <= int(text) <= MOST_HOPS:
        return ""
    return f"a number from {FEWEST_HOPS} to {MOST_HOPS}"
