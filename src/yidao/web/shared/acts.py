"""
The words for what the journal records: each act, its details, and where its subject can be looked at. A test finds an
act that is recorded somewhere and has no words here.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from django.urls import reverse
from django.utils.translation import gettext, gettext_noop

from yidao.carriers import catalogue
from yidao.web.shared import life_words, nudge_words, phrases

ACTS: Final[Mapping[str, str]] = {
    "after_sale.answered": gettext_noop("Took a step in an after-sale"),
    "after_sale.opened": gettext_noop("A buyer opened an after-sale"),
    "card.accepted": gettext_noop("A buyer accepted a later ship time"),
    "card.asked": gettext_noop("Asked a buyer for a later ship time"),
    "card.refused": gettext_noop("A buyer refused a later ship time"),
    "order.buyer_asked_later": gettext_noop("A buyer asked for a later delivery"),
    "order.closed_by_time": gettext_noop("An order was closed by time"),
    "order.deadline_moved": gettext_noop("Gave orders a later ship time"),
    "order.receipt_extended": gettext_noop("A buyer asked for longer to receive"),
    "order.received": gettext_noop("A buyer confirmed receipt"),
    "refund.marked_done": gettext_noop("Marked a refund as paid"),
    "refund.route_chosen": gettext_noop("Chose another way for a refund"),
    "address.added": gettext_noop("Added an address"),
    "address.changed": gettext_noop("Changed an address"),
    "address.made_default": gettext_noop("Chose a default address"),
    "address.removed": gettext_noop("Removed an address"),
    "anomalies.acknowledged": gettext_noop("Acknowledged anomalies"),
    "appeal.accepted": gettext_noop("Accepted an appeal"),
    "appeal.made": gettext_noop("Appealed against a violation"),
    "appeal.refused": gettext_noop("Refused an appeal"),
    "buyer.revealed": gettext_noop("Looked at a receiver in full"),
    "ban.lifted": gettext_noop("Lifted the ban of a product"),
    "credential.created": gettext_noop("Made a credential for a machine"),
    "credential.disabled": gettext_noop("Took a credential back"),
    "demo.begun": gettext_noop("Began the demo world"),
    "demo.forward_asked": gettext_noop("Asked the demo clock to run ahead"),
    "calendar.changed": gettext_noop("Changed a day of the working calendar"),
    "deposit.booked": gettext_noop("Booked a payment into a deposit"),
    "deposit.frozen": gettext_noop("Froze a part of a deposit"),
    "deposit.proved": gettext_noop("Proved the books"),
    "deposit.released": gettext_noop("Released a frozen part of a deposit"),
    "deposit.taken_back": gettext_noop("Took back a mistyped payment"),
    "deposit.topped_up": gettext_noop("Topped up the deposit"),
    "export.asked": gettext_noop("Asked for an export"),
    "export.cancelled": gettext_noop("Cancelled an export"),
    "export.code_refused": gettext_noop("Typed a wrong code for an export"),
    "export.code_sent": gettext_noop("Had a code for an export sent"),
    "export.done": gettext_noop("An export was finished"),
    "export.failed": gettext_noop("An export failed"),
    "export.fetched": gettext_noop("Downloaded an export"),
    "export.unlocked": gettext_noop("Unlocked an export with the code"),
    "factor.added": gettext_noop("Added a second factor"),
    "factor.codes_made": gettext_noop("Made new recovery codes"),
    "factor.failed": gettext_noop("Failed at the second factor"),
    "factor.removed": gettext_noop("Removed a second factor"),
    "factor.reset": gettext_noop("Reset the second factors of a user"),
    "factor.used": gettext_noop("Confirmed with a second factor"),
    "invitation.declined": gettext_noop("Declined an invitation"),
    "invitation.revoked": gettext_noop("Took an invitation back"),
    "login.done": gettext_noop("Logged in"),
    "login.failed": gettext_noop("Failed to log in"),
    "login.locked_out": gettext_noop("Was locked out after failed logins"),
    "member.disabled": gettext_noop("Shut a member out"),
    "member.enabled": gettext_noop("Let a member in again"),
    "member.invited": gettext_noop("Invited a member"),
    "member.joined": gettext_noop("Joined as a member"),
    "member.role_changed": gettext_noop("Changed a member's role"),
    "nudge.acknowledged": gettext_noop("Acknowledged what a creator asked about"),
    "nudge.answered": gettext_noop("Answered a creator"),
    "nudge.asked_again": gettext_noop("Asked a shop again"),
    "nudge.closed": gettext_noop("Closed a matter with a shop"),
    "nudge.opened": gettext_noop("Stepped in with a shop"),
    "order.marked": gettext_noop("Flagged an order or wrote a note"),
    "organisation.closed": gettext_noop("Shut an organisation"),
    "organisation.created": gettext_noop("Made an organisation"),
    "organisation.opened": gettext_noop("Opened an organisation again"),
    "order.shipped": gettext_noop("Shipped orders"),
    "pack.edited": gettext_noop("Changed the number of a pack"),
    "pack.unmade": gettext_noop("Found that a number was wrong"),
    "order.bad_rows_taken": gettext_noop("Took the bad rows of an order file"),
    "order.file_brought": gettext_noop("Brought an order file"),
    "password.changed": gettext_noop("Changed the password"),
    "password.link_made": gettext_noop("Made a link for a new password"),
    "phone.changed": gettext_noop("Changed a phone number"),
    "phone.revealed": gettext_noop("Looked at a full phone number"),
    "policy.published": gettext_noop("Published a policy"),
    "product.described": gettext_noop("Described products"),
    "quarantine.discarded": gettext_noop("Discarded input that was kept aside"),
    "quarantine.replay_asked": gettext_noop("Asked to replay input that was kept aside"),
    "reversal.done": gettext_noop("A reversal of many judgements was finished"),
    "reversal.started": gettext_noop("Started a reversal of many judgements"),
    "sanction.dismissed": gettext_noop("Turned down a proposal against a shop"),
    "sanction.imposed": gettext_noop("Closed a shop for its violations"),
    "sanction.lifted": gettext_noop("Let a closed shop take orders again"),
    "sanction.proposed": gettext_noop("Proposed to close a shop"),
    "session.ended": gettext_noop("Ended a session"),
    "settlement.booked": gettext_noop("A day's deductions were booked"),
    "settlement.held": gettext_noop("Held deductions back"),
    "settlement.lifted": gettext_noop("Let held deductions go on"),
    "shop.settings_changed": gettext_noop("Changed the shop's settings"),
    "session.others_ended": gettext_noop("Ended all other sessions"),
    "ticket.answered": gettext_noop("Answered a shop's ticket"),
    "ticket.asked_again": gettext_noop("Asked a carrier again"),
    "ticket.closed": gettext_noop("Closed a ticket"),
    "tickets.opened": gettext_noop("Passed parcels on to a carrier"),
    "user.created": gettext_noop("Made a user"),
    "user.disabled": gettext_noop("Shut a user out"),
    "user.enabled": gettext_noop("Let a user in again"),
    "violation.opened": gettext_noop("Opened a violation by hand"),
    "violation.reversed": gettext_noop("Lifted a violation by hand"),
    "visit.ended": gettext_noop("Ended a visit to a console"),
    "visit.page": gettext_noop("Looked at a page while visiting"),
    "visit.started": gettext_noop("Began a visit to a console"),
}

DETAILS: Final[Mapping[str, str]] = {
    "amount_fen": gettext_noop("amount"),
    "new_at": gettext_noop("new time"),
    "order": gettext_noop("order"),
    "route": gettext_noop("way"),
    "state": gettext_noop("state"),
    "step": gettext_noop("step"),
    "file_name": gettext_noop("file"),
    "flag": gettext_noop("flag"),
    "code": gettext_noop("code"),
    "count": gettext_noop("count"),
    "effective_from": gettext_noop("in force from"),
    "items": gettext_noop("parcels"),
    "kind": gettext_noop("kind"),
    "nudge": gettext_noop("stepping in"),
    "outlet": gettext_noop("outlet"),
    "orders": gettext_noop("orders"),
    "packs": gettext_noop("packs"),
    "page": gettext_noop("page"),
    "pictures": gettext_noop("pictures"),
    "product": gettext_noop("product"),
    "reason": gettext_noop("reason"),
    "role": gettext_noop("role"),
    "rows": gettext_noop("rows"),
    "scope": gettext_noop("binds"),
    "scopes": gettext_noop("rights"),
    "until": gettext_noop("until"),
    "violation": gettext_noop("violation"),
}

SUBJECTS: Final[Mapping[str, str]] = {
    "after_sale": gettext_noop("After-sale"),
    "refund": gettext_noop("Refund"),
    "appeal": gettext_noop("Appeal"),
    "sanction": gettext_noop("Sanction"),
    "violation": gettext_noop("Violation"),
    "credential": gettext_noop("Credential"),
    "demo": gettext_noop("Demo"),
    "demo_forward": gettext_noop("Demo clock"),
    "export": gettext_noop("Export"),
    "invitation": gettext_noop("Invitation"),
    "nudge": gettext_noop("Matter with a shop"),
    "order_import": gettext_noop("Order file"),
    "organisation": gettext_noop("Organisation"),
    "order": gettext_noop("Order"),
    "policy": gettext_noop("Policy"),
    "quarantine": gettext_noop("Quarantine"),
    "shop": gettext_noop("Shop"),
    "ticket": gettext_noop("Ticket"),
    "user": gettext_noop("User"),
    "visit": gettext_noop("Visit"),
}

_CODES: Final = {str(code): words for code, words in (*nudge_words.ANSWER.items(), *nudge_words.FINDING.items())}

_PAGES: Final[Mapping[str, Callable[[str], str]]] = {
    "credential": lambda number: reverse("operator-organisations"),
    "demo": lambda number: reverse("operator-clock"),
    "demo_forward": lambda number: reverse("operator-clock"),
    "order": lambda number: reverse("operator-order", kwargs={"order": int(number)}),
    "organisation": lambda number: reverse("operator-organisation", kwargs={"organisation": int(number)}),
    "policy": lambda name: reverse("operator-policy", kwargs={"name": name}),
    "quarantine": lambda number: reverse("operator-quarantine-item", kwargs={"quarantine": int(number)}),
    "refund": lambda number: reverse("operator-refund", kwargs={"refund": int(number)}),
    "shop": lambda number: reverse("operator-organisation", kwargs={"organisation": int(number)}),
    "user": lambda number: reverse("operator-user", kwargs={"user": int(number)}),
}


def of(act: str) -> str:
    """Return the words for an act; one of a newer release is shown as it is."""
    words = ACTS.get(act)
    return gettext(words) if words is not None else act


def options() -> tuple[tuple[str, str], ...]:
    """Return every act with its words, in the order of the words in the reader's language."""
    return tuple(sorted(((act, gettext(words)) for act, words in ACTS.items()), key=lambda each: each[1]))


def details(told: Mapping[str, Any]) -> str:
    """Return what an entry says beyond act and subject, without what is empty."""
    return " · ".join(
        f"{gettext(DETAILS.get(name, name))} {_value(name, value)}"
        for name, value in told.items()
        if value not in (None, "", [], {})
    )


def _value(name: str, value: Any) -> str:
    if name == "role":
        return phrases.of("role", str(value))
    if name == "scope":
        return phrases.of("scope", str(value))
    if name in ("step", "route"):
        return life_words.of(name, str(value))
    if name == "amount_fen" and isinstance(value, int):
        return life_words.yuan(value)
    if name == "code" and value in _CODES:
        return gettext(_CODES[value])
    if isinstance(value, list):
        return ", ".join(str(each) for each in value)
    return phrases.carrier(value) if isinstance(value, str) and value in catalogue.CODES else str(value)


def subject(told: str) -> str:
    """Return what an entry is about, in words and with its number."""
    kind, _, name = told.partition("/")
    words = SUBJECTS.get(kind)
    return f"{gettext(words)} {name}" if words is not None else told


def page(told: str) -> str:
    """Return where an operator can look at what an entry is about, nothing where there is no such page."""
    kind, _, name = told.partition("/")
    lead = _PAGES.get(kind)
    if lead is None or (kind != "policy" and not name.isdigit()):
        return ""
    return lead(name)
