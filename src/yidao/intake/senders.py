"""Who sends: what a credential's kind of organisation may report, and under which source its scans stand."""

from typing import Final

import msgspec

from yidao.intake.faults import refused
from yidao.intake.payloads import SourceFacts

EVENTS_WRITE: Final = "events:write"
PARCELS_WRITE: Final = "parcels:write"
ORDERS_WRITE: Final = "orders:write"
OF_SHOPS: Final = frozenset({PARCELS_WRITE, ORDERS_WRITE})
"""What only shops and the platform may tell."""

SHOP_SOURCE: Final = "SHOP"
PLATFORM_SOURCE: Final = "PLATFORM"


class Sender(msgspec.Struct, frozen=True):
    """A credential at work; `own_carrier` and `own_shop` are set where it may speak of nobody else's parcels."""

    facts: SourceFacts
    scopes: frozenset[str]
    own_carrier: str = ""
    own_shop: int = 0
    push_secret: bytes = b""

    def need(self, scope: str) -> None:
        """
        Make sure that the credential may do this.

        :raises Refused: it lacks the scope.
        """
        if scope not in self.scopes:
            raise refused("auth.scope", scope=scope)


def sender_of(
    *,
    credential_id: int,
    organisation_id: int,
    kind: str,
    carrier_code: str,
    source_code: str,
    scopes: frozenset[str],
    push_secret: str = "",
) -> Sender | None:
    """
    Return the sender of a credential, or None when its kind of organisation has nothing to report.

    A carrier (or an outlet of it) reports under its own name, a provider under its source, a shop only weakly.
    """
    own_carrier, own_shop = "", 0
    match kind:
        case "CARRIER" | "OUTLET":
            source, own_carrier = f"CARRIER:{carrier_code}", carrier_code
        case "PROVIDER" if source_code:
            source = source_code
        case "SHOP":
            source, own_shop = SHOP_SOURCE, organisation_id
        case "PLATFORM":
            source = PLATFORM_SOURCE
        case _:
            return None
    facts = SourceFacts(
        credential_id=credential_id,
        organisation_id=organisation_id,
        kind=kind,
        source=source,
        is_weak=kind == "SHOP",
    )
    return Sender(
        facts=facts,
        scopes=scopes,
        own_carrier=own_carrier,
        own_shop=own_shop,
        push_secret=push_secret.encode(),
    )
