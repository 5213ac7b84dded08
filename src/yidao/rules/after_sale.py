"""
After-sales (售后): which act of whom leads from which state to which, how long each state lasts, and what happens when
its time runs out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from yidao.rules.instants import DAY, NEVER, Instant, hours
from yidao.rules.order_life import Policy


class Kind(StrEnum):
    """What the buyer wants: money, money for goods he sends back, or other goods for them."""

    REFUND = "REFUND"
    RETURN_REFUND = "RETURN_REFUND"
    EXCHANGE = "EXCHANGE"


class State(StrEnum):
    """Where a record stands, in the order of the tabs."""

    AWAIT_SHOP = "AWAIT_SHOP"
    AWAIT_RETURN = "AWAIT_RETURN"
    AWAIT_RECEIPT = "AWAIT_RECEIPT"
    REFUNDING = "REFUNDING"
    DONE = "DONE"
    REFUSED = "REFUSED"
    WITHDRAWN = "WITHDRAWN"


class Act(StrEnum):
    """What somebody does about a record."""

    APPROVE = "APPROVE"
    REFUSE = "REFUSE"
    SEND_BACK = "SEND_BACK"
    RECEIVE = "RECEIVE"
    WITHDRAW = "WITHDRAW"
    PAID = "PAID"


class Party(StrEnum):
    """Who does it."""

    BUYER = "BUYER"
    SHOP = "SHOP"
    PLATFORM = "PLATFORM"
    TIME = "TIME"


OPEN: Final = (State.AWAIT_SHOP, State.AWAIT_RETURN, State.AWAIT_RECEIPT, State.REFUNDING)
"""States in which a record blocks shipping and stops the judge."""

_MONEY: Final = (Kind.REFUND, Kind.RETURN_REFUND)
_GOODS: Final = (Kind.RETURN_REFUND, Kind.EXCHANGE)
_ALL: Final = tuple(Kind)
_SHOP: Final = (Party.SHOP, Party.PLATFORM, Party.TIME)
_BUYER: Final = (Party.BUYER, Party.PLATFORM, Party.TIME)

_TABLE: Final[tuple[tuple[tuple[Kind, ...], State, Act, tuple[Party, ...], State], ...]] = (
    ((Kind.REFUND,), State.AWAIT_SHOP, Act.APPROVE, _SHOP, State.REFUNDING),
    (_GOODS, State.AWAIT_SHOP, Act.APPROVE, _SHOP, State.AWAIT_RETURN),
    (_ALL, State.AWAIT_SHOP, Act.REFUSE, _SHOP, State.REFUSED),
    (_ALL, State.AWAIT_SHOP, Act.WITHDRAW, _BUYER, State.WITHDRAWN),
    (_GOODS, State.AWAIT_RETURN, Act.SEND_BACK, _BUYER, State.AWAIT_RECEIPT),
    (_GOODS, State.AWAIT_RETURN, Act.WITHDRAW, _BUYER, State.WITHDRAWN),
    ((Kind.RETURN_REFUND,), State.AWAIT_RECEIPT, Act.RECEIVE, _SHOP, State.REFUNDING),
    ((Kind.EXCHANGE,), State.AWAIT_RECEIPT, Act.RECEIVE, _SHOP, State.DONE),
    (_GOODS, State.AWAIT_RECEIPT, Act.REFUSE, _SHOP, State.REFUSED),
    (_GOODS, State.AWAIT_RECEIPT, Act.WITHDRAW, _BUYER, State.WITHDRAWN),
    (_MONEY, State.REFUNDING, Act.PAID, (Party.PLATFORM, Party.TIME), State.DONE),
)
STEPS: Final[Mapping[tuple[Kind, State, Act], tuple[tuple[Party, ...], State]]] = {
    (kind, state, act): (parties, after) for kinds, state, act, parties, after in _TABLE for kind in kinds
}


def after(kind: Kind, state: State, act: Act, party: Party) -> State | None:
    """Return where an act of somebody leads, None when he cannot do that now."""
    parties, then = STEPS.get((kind, state, act), ((), state))
    return then if party in parties else None


def acts(kind: Kind, state: State, party: Party) -> tuple[Act, ...]:
    """Return what somebody can do about a record."""
    return tuple(act for act in Act if after(kind, state, act, party) is not None)


def due_at(kind: Kind, state: State, since: Instant, policy: Policy) -> Instant | None:
    """Return when a state that began at `since` runs out, None where nothing does."""
    match state:
        case State.AWAIT_SHOP if kind is Kind.REFUND:
            return Instant(since + hours(policy.answer_refund_hours))
        case State.AWAIT_SHOP:
            return Instant(since + hours(policy.answer_return_hours))
        case State.AWAIT_RETURN:
            return Instant(since + policy.send_back_days * DAY)
        case State.AWAIT_RECEIPT:
            return Instant(since + policy.receive_days * DAY)
        case _:
            return None


def silence(state: State, policy: Policy) -> Act:
    """Return what it counts as when the time of a state ran out and nobody did anything."""
    if state is State.AWAIT_SHOP:
        return Act.APPROVE if policy.silence_agrees else Act.REFUSE
    return Act.WITHDRAW if state is State.AWAIT_RETURN else Act.RECEIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step that time took: what it counted as, where it led, and when it should have happened."""

    act: Act
    state: State
    at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What time has done to a record up to some instant, and when to look next (0: time does nothing more)."""

    steps: tuple[Step, ...]
    state: State
    due_at: Instant


def run(kind: Kind, state: State, due: Instant, policy: Policy, now: Instant) -> Course:
    """
    Return what time does to a record in `state` whose time runs out at `due` (0: never), up to and with `now`.

    Who looks too late gets several steps at once, each beginning where the one before ended, so that the outcome never
    depends on how often anybody looks.
    """
    steps: list[Step] = []
    while due and due <= now:
        act = silence(state, policy)
        then = after(kind, state, act, Party.TIME)
        assert then is not None, "time may take every step that it counts silence as"
        steps.append(Step(act=act, state=then, at=due))
        state, due = then, due_at(kind, then, due, policy) or NEVER
    return Course(steps=tuple(steps), state=state, due_at=due)
