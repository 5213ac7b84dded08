"""How money goes back: what follows from each answer of a payment provider. Never twice, never given up in silence."""

from dataclasses import dataclass
from enum import StrEnum

from yidao.rules.instants import Instant, hours, minutes
from yidao.rules.order_life import Policy


class State(StrEnum):
    """Where a refund stands."""

    WANTED = "WANTED"
    ASKED = "ASKED"
    UNKNOWN = "UNKNOWN"
    DONE = "DONE"
    WAITS_FOR_OPERATOR = "WAITS_FOR_OPERATOR"


class Route(StrEnum):
    """Which way the money goes: back as it came, or another."""

    ORIGINAL = "ORIGINAL"
    OTHER = "OTHER"


class Outcome(StrEnum):
    """
    What a provider answers. FAILED is certain: nothing was paid. UNKNOWN is no answer, or one that says "not yet".
    MISSING answers a question: the provider never heard of that request.
    """

    DONE = "DONE"
    FAILED = "FAILED"
    UNKNOWN = "UNKNOWN"
    MISSING = "MISSING"


class Todo(StrEnum):
    """What is to be done about a refund that is due."""

    CALL = "CALL"
    ASK = "ASK"
    NOTHING = "NOTHING"


def todo(state: State) -> Todo:
    """
    Return what a due refund needs. One that was ASKED and has no answer is asked about, because whoever called may have
    died with the answer in his hand.
    """
    match state:
        case State.WANTED:
            return Todo.CALL
        case State.ASKED | State.UNKNOWN:
            return Todo.ASK
        case _:
            return Todo.NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Next:
    """Where a refund stands after an answer, and when to look again; None: not by itself."""

    state: State
    due_at: Instant | None


def after(outcome: Outcome, *, tries: int, since: Instant, policy: Policy, now: Instant) -> Next:
    """
    Return what follows from an answer at `now`; `tries` are the calls made on the present route, this one included,
    and since `since` nobody said for certain what became of them.

    Worked example with 3 tries, 60 minutes and a factor of 12: failed for the first time, again after 1 hour; for the
    second, after 12 hours; for the third, an operator decides. Without an answer it is asked about after 10, 20, 40, 80
    minutes and so on, each time after as long as it was silent before; after 72 hours an operator decides.
    """
    ends = Instant(since + hours(policy.refund_silence_hours))
    match outcome:
        case Outcome.DONE:
            return Next(state=State.DONE, due_at=None)
        case Outcome.MISSING if tries < policy.refund_tries_max and now < ends:
            return Next(state=State.WANTED, due_at=now)
        case Outcome.UNKNOWN if now < ends:
            wait = max(minutes(policy.refund_ask_minutes), now - since)
            return Next(state=State.UNKNOWN, due_at=min(ends, Instant(now + wait)))
        case Outcome.FAILED if tries < policy.refund_tries_max:
            wait = policy.refund_retry_minutes * policy.refund_retry_factor ** max(0, tries - 1)
            return Next(state=State.WANTED, due_at=Instant(now + minutes(wait)))
        case _:
            return Next(state=State.WAITS_FOR_OPERATOR, due_at=None)


def asks_again_at(now: Instant, policy: Policy) -> Instant:
    """Return when to ask about a request that was made at `now` and has no answer."""
    return Instant(now + minutes(policy.refund_ask_minutes))


def may_be_decided(state: State, last: Outcome | None) -> bool:
    """
    Return whether an operator may choose another route or mark a refund as paid, given the provider's `last` word.

    Before it waits for him, only a certain no will do: what has no answer might still arrive and be paid.
    """
    return state is State.WAITS_FOR_OPERATOR or (last is Outcome.FAILED and state is State.WANTED)


def needs_evidence(last: Outcome | None, *, present: Route, chosen: Route) -> bool:
    """
    Return whether who chooses a route must say how he knows that the money never went the `present` way.

    The same way is safe: a provider pays a request number once. A certain no of his is evidence enough.
    """
    return chosen is not present and last is not Outcome.FAILED
