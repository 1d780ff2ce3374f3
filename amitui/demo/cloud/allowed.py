"""Allowed AMIs: which images of others an account lets itself see and launch, by provider, name, product and age.

By the API reference of ReplaceImageCriteriaInAllowedImagesSettings: criteria are alternatives, all that one says
must hold, own images are always allowed, and `none` as provider allows nobody's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from amitui.demo.cloud.filters import matcher
from amitui.demo.cloud.model import CloudError
from amitui.demo.cloud.rules import ACCOUNT_ID, invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from amitui.demo.cloud.model import CloudImage, Params
    from amitui.demo.cloud.world import World
    from amitui.demo.seed.accounts import Caller

_ENABLED: Final = "enabled"
_DISABLED: Final = "disabled"
_AUDIT: Final = "audit-mode"
_ALIASES: Final = frozenset({"amazon", "aws-marketplace", "aws-backup-vault"})
_NONE: Final = "none"
_MOST: Final = {"ImageProviders": 200, "ImageNames": 50, "MarketplaceProductCodes": 50, "ImageWatermarks": 50}
_MOST_CRITERIA: Final = 10
_DAY: Final = 86_400


@dataclass(slots=True)
class _Settings:
    state: str = _DISABLED
    criteria: tuple[Params, ...] = ()


class AllowedImages:
    """The settings of every account and Region, and what they allow."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._settings: dict[tuple[str, str], _Settings] = {}

    def operations(self) -> dict[str, Callable[[Caller, Params], Params]]:
        """What is answered here, by name."""
        return {
            "GetAllowedImagesSettings": self.read,
            "EnableAllowedImagesSettings": self.enable,
            "DisableAllowedImagesSettings": self.disable,
            "ReplaceImageCriteriaInAllowedImagesSettings": self.replace,
        }

    def read(self, caller: Caller, _: Params) -> Params:
        """GetAllowedImagesSettings."""
        settings = self._of(caller)
        return {"State": settings.state, "ImageCriteria": list(settings.criteria), "ManagedBy": "account"}

    def enable(self, caller: Caller, params: Params) -> Params:
        """EnableAllowedImagesSettings."""
        state = str(params.get("AllowedImagesSettingsState", ""))
        if state not in (_ENABLED, _AUDIT):
            raise invalid(f"Value ({state}) for parameter allowedImagesSettingsState is invalid.")
        self._of(caller).state = state
        return {"AllowedImagesSettingsState": state}

    def disable(self, caller: Caller, _: Params) -> Params:
        """DisableAllowedImagesSettings: the criteria stay for later."""
        self._of(caller).state = _DISABLED
        return {"AllowedImagesSettingsState": _DISABLED}

    def replace(self, caller: Caller, params: Params) -> Params:
        """ReplaceImageCriteriaInAllowedImagesSettings: all of them at once."""
        criteria = params.get("ImageCriteria", [])
        if len(criteria) > _MOST_CRITERIA:
            raise invalid(f"At most {_MOST_CRITERIA} image criteria can be specified.")
        for criterion in criteria:
            _check_criterion(criterion)
        self._of(caller).criteria = tuple(criteria)
        return {"ReturnValue": True}

    def enforced(self, caller: Caller) -> bool:
        """Whether the account hides what it does not allow; what is only audited is seen and launched."""
        return self._of(caller).state == _ENABLED

    def allows(self, caller: Caller, image: CloudImage) -> bool:
        """Whether the account lets itself see and launch an image."""
        return not self.enforced(caller) or self._meets_any(caller, image)

    def view(self, caller: Caller) -> Callable[[CloudImage], Params]:
        """How DescribeImages shows an image: with `ImageAllowed`, as long as the account enforces or audits."""
        if self._of(caller).state == _DISABLED:
            return lambda image: image.seen_by(caller.account)
        return lambda image: {**image.seen_by(caller.account), "ImageAllowed": self._meets_any(caller, image)}

    def _of(self, caller: Caller) -> _Settings:
        return self._settings.setdefault((caller.account, caller.region), _Settings())

    def _meets_any(self, caller: Caller, image: CloudImage) -> bool:
        if image.owner == caller.account:
            return True
        return any(self._meets(image, criterion) for criterion in self._of(caller).criteria)

    def _meets(self, image: CloudImage, criterion: Params) -> bool:
        record = image.record
        providers = criterion.get("ImageProviders") or ()
        codes = {str(one.get("ProductCodeId")) for one in record.get("ProductCodes", ())}
        names, products = criterion.get("ImageNames") or (), criterion.get("MarketplaceProductCodes") or ()
        return (
            (not providers or not {image.owner, record.get("ImageOwnerAlias")}.isdisjoint(providers))
            and (not names or matcher(names)(image.name))
            and (not products or not codes.isdisjoint(products))
            and self._young(record.get("CreationDate"), criterion, "CreationDateCondition")
            and self._young(record.get("DeprecationTime"), criterion, "DeprecationTimeCondition", missing=True)
            and _watermarked(record.get("ImageWatermarks") or (), criterion.get("ImageWatermarks") or ())
        )

    def _young(self, since: Any, criterion: Params, condition: str, *, missing: bool = False) -> bool:
        """Whether a time is not longer ago than a condition allows; one in the future is not."""
        days = next(iter((criterion.get(condition) or {}).values()), None)
        if days is None:
            return True
        if not since:
            return missing
        return self._world.now() - datetime.fromisoformat(str(since)).timestamp() <= int(days) * _DAY


def _watermarked(watermarks: Sequence[Params], wanted: Sequence[Params]) -> bool:
    keys = {str(one.get("WatermarkKey")) for one in watermarks}
    return not wanted or any(one.get("WatermarkKey") in keys for one in wanted)


def _check_criterion(criterion: Params) -> None:
    """Refuse a criterion with more than EC2 takes, or a provider that is none."""
    for member, most in _MOST.items():
        if len(criterion.get(member) or ()) > most:
            raise invalid(f"At most {most} {member} can be specified in one image criterion.")
    if any(set(one) - {"WatermarkKey"} for one in criterion.get("ImageWatermarks") or ()):
        raise CloudError("UnsupportedOperation", "The demo's cloud does not simulate the age of watermarks.")
    providers = criterion.get("ImageProviders") or ()
    for provider in providers:
        if provider not in _ALIASES | {_NONE} and not ACCOUNT_ID.fullmatch(provider):
            raise invalid(f"Value ({provider}) for parameter imageProvider is invalid.")
    if _NONE in providers and len(providers) > 1:
        raise CloudError("InvalidParameterCombination", "The provider none cannot be combined with others.")
