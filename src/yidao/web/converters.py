"""
Typed parts of addresses. Every address uses one of these, never Django's own: the access test plants an own and a
foreign object for each of them and fails on a converter it does not know.
"""

import base64
from typing import Any, ClassVar

from django.urls import converters, register_converter

from yidao.accounts.ids import CreatorId, OrganisationId, ShopId

_ID = r"[1-9][0-9]{0,18}"
ID_MAX = 2**63 - 1


def _id(value: str) -> OrganisationId:
    number = int(value)
    if number > ID_MAX:
        raise ValueError(value)
    return OrganisationId(number)


class Shop:
    """A shop's id."""

    regex: ClassVar[str] = _ID

    def to_python(self, value: str) -> ShopId:
        """Return the id; one that no database can hold is no address."""
        return ShopId(_id(value))

    def to_url(self, value: ShopId) -> str:
        """Return the id in digits."""
        return str(value)


class Creator:
    """A creator's id, or `all` (None) for everyone the user may act for."""

    regex: ClassVar[str] = rf"{_ID}|all"

    def to_python(self, value: str) -> CreatorId | None:
        """Return the id, None for all."""
        return None if value == "all" else CreatorId(_id(value))

    def to_url(self, value: CreatorId | None) -> str:
        """Return the digits, or `all`."""
        return "all" if value is None else str(value)


class Carrier:
    """The id of a carrier's head office."""

    regex: ClassVar[str] = _ID

    def to_python(self, value: str) -> OrganisationId:
        """Return the id."""
        return _id(value)

    def to_url(self, value: OrganisationId) -> str:
        """Return the id in digits."""
        return str(value)


class Outlet:
    """The id of an outlet, or `all` (None) for the whole carrier."""

    regex: ClassVar[str] = rf"{_ID}|all"

    def to_python(self, value: str) -> OrganisationId | None:
        """Return the id, None for all."""
        return None if value == "all" else _id(value)

    def to_url(self, value: OrganisationId | None) -> str:
        """Return the digits, or `all`."""
        return "all" if value is None else str(value)


class Provider(Carrier):
    """A provider's id."""


class CarrierCode:
    """Our short name of a carrier."""

    regex: ClassVar[str] = r"[a-z0-9_]{1,40}"

    def to_python(self, value: str) -> str:
        """Return the code."""
        return value

    def to_url(self, value: str) -> str:
        """Return the code."""
        return value


class WaybillNo(CarrierCode):
    """A plain waybill number; only where the plain number may be seen."""

    regex: ClassVar[str] = r"[0-9A-Za-z_-]{1,40}"


class ParcelToken(CarrierCode):
    """The opaque name of a parcel, for those who may not see its number."""

    regex: ClassVar[str] = r"[0-9A-Za-z_-]{24,200}"


class PolicyName(CarrierCode):
    """A published version, like parcel/douyin-2022/1."""

    regex: ClassVar[str] = r"[a-z0-9-]{1,40}/[a-z0-9-]{1,60}/[1-9][0-9]{0,8}"


class PolicyFamily(CarrierCode):
    """A family of policies, like parcel."""

    regex: ClassVar[str] = r"[a-z0-9-]{1,40}"


class PolicyProfile(CarrierCode):
    """The profile of a family of policies, like douyin-2022."""

    regex: ClassVar[str] = r"[a-z0-9-]{1,60}"


class QuarantineId(Carrier):
    """The id of a piece of input that was kept aside."""


class UserId(Carrier):
    """A user's id; only operators name users."""


class OrganisationNo(Carrier):
    """The id of any organisation; only operators name them so."""


class InvitationId(Carrier):
    """The id of an invitation for one's own login."""


class InvitationToken(CarrierCode):
    """The secret of an invitation's link."""

    regex: ClassVar[str] = r"[0-9A-Za-z_-]{40,60}"


class Export(Carrier):
    """The id of an export."""


class PasswordToken(CarrierCode):
    """What lets its holder set a new password once."""

    regex: ClassVar[str] = r"[0-9A-Za-z_-]{24,300}"


class PasskeyId(Carrier):
    """The id of somebody's passkey."""


class NudgeId(Carrier):
    """The id of a nudge."""


class InquiryId(Carrier):
    """The id of a ticket to a carrier."""


class OrderId(Carrier):
    """The id of an order."""


class AddressId(Carrier):
    """The id of an address in a shop's book."""


class OrderNo(CarrierCode):
    """An order's number as its shop tells it; only in addresses of machines."""

    regex: ClassVar[str] = r"[^/\x00-\x1f\x7f]{1,64}"


class AfterSaleId(Carrier):
    """The id of an after-sale record."""


class RefundId(Carrier):
    """The id of a refund; only operators name refunds."""


class ProductKey:
    """A shop's own number of a product, which may hold anything: in letters that every address can carry."""

    regex: ClassVar[str] = r"[0-9A-Za-z_-]{2,400}"

    def to_python(self, value: str) -> str:
        """Return the number; what `to_url` did not make is no address."""
        text = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)).decode()
        if self.to_url(text) != value or "\0" in text:
            raise ValueError(value)
        return text

    def to_url(self, value: str) -> str:
        """Return the letters of a number."""
        return base64.urlsafe_b64encode(value.encode()).rstrip(b"=").decode()


class ViolationId(Carrier):
    """The id of a violation."""


class AppealId(Carrier):
    """The id of an appeal; only operators name appeals."""


class SanctionId(Carrier):
    """The id of a sanction against a shop; only operators name sanctions."""


class BanId(Carrier):
    """The id of a ban of a product; only operators name bans."""


class PictureId(Carrier):
    """The id of a picture that goes with an appeal or a violation."""


class PackId(Carrier):
    """The id of a pack."""


class OrderImportId(Carrier):
    """The id of an order file that a shop brought."""


CONVERTERS: dict[str, type[Any]] = {
    "shop": Shop,
    "creator": Creator,
    "carrier": Carrier,
    "outlet": Outlet,
    "provider": Provider,
    "carrier_code": CarrierCode,
    "waybill_no": WaybillNo,
    "parcel_token": ParcelToken,
    "policy_name": PolicyName,
    "policy_family": PolicyFamily,
    "policy_profile": PolicyProfile,
    "quarantine": QuarantineId,
    "passkey": PasskeyId,
    "password_token": PasswordToken,
    "export": Export,
    "nudge": NudgeId,
    "inquiry": InquiryId,
    "pack": PackId,
    "order": OrderId,
    "order_no": OrderNo,
    "order_import": OrderImportId,
    "after_sale": AfterSaleId,
    "refund": RefundId,
    "address": AddressId,
    "product": ProductKey,
    "violation": ViolationId,
    "appeal": AppealId,
    "sanction": SanctionId,
    "ban": BanId,
    "picture": PictureId,
    "user": UserId,
    "organisation": OrganisationNo,
    "invitation": InvitationId,
    "invitation_token": InvitationToken,
}


def register() -> None:
    """Make the converters known to Django; doing it twice is harmless."""
    for name, converter in CONVERTERS.items():
        if name not in converters.REGISTERED_CONVERTERS:
            register_converter(converter, name)
