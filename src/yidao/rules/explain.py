"""Why: the reasons behind a parcel's status and anomalies, as codes and parameters; pages and API find the words."""

from collections.abc import Iterator
from dataclasses import dataclass

from yidao.rules import parcel, routes
from yidao.rules.episodes import ABOUT, Closing, Episode, Reason, Severity, Type
from yidao.rules.facts import Hold, Plan
from yidao.rules.instants import Instant
from yidao.rules.limits import Policy, RouteTable, period_of
from yidao.rules.parcel import STATUS_OF_STATE, TRANSITIONS, Milestones, Status
from yidao.rules.scans import ADVISORY, BACKWARD, WEAK, Kind
from yidao.rules.watch import Ground, Watch

Value = int | str


@dataclass(frozen=True, slots=True, kw_only=True)
class Because:
    """
    One reason. `about` is the type of the anomaly it explains, None for the status; `opens_at` is its key, else 0.

    The code is permanent. In `params` a name ending in `_at` holds an instant, in `_for` a length of time in
    microseconds, other values are names of our enums, city numbers, or the version of the policy.
    """

    code: str
    about: Type | None = None
    opens_at: int = 0
    params: tuple[tuple[str, Value], ...] = ()

    def param(self, name: str) -> Value | None:
        """Return a parameter by name, None when the reason has none of that name."""
        return dict(self.params).get(name)


def explain(
    milestones: Milestones,
    plan: Plan,
    holds: tuple[Hold, ...],
    policy: Policy,
    now: Instant,
) -> tuple[Because, ...]:
    """
    Return the reasons of the status and of every episode at `now`, at least one for each, and of what is held back.

    The status comes first, then the episodes in their order, then relief and outage, then what providers advised.
    """
    watch = Watch(plan, policy, now)
    watch.run(milestones, holds)
    found = [_status(milestones, plan)]
    found += _moved_nothing(milestones)
    episodes = watch.episodes_now()
    starts = {(each.type, each.opens_at) for each in episodes}
    for episode in episodes:
        found += _episode(episode, starts, watch, policy)
    found += _veiled(watch)
    found += _advice(milestones)
    return tuple(found)


# --- Status ----------------------------------------------------------------------------------------------------------


def _decisive(milestones: Milestones) -> tuple[Status, parcel.Entry | None, parcel.Entry | None]:
    """Return the status, the scan that gave it, and the newest scan before it that turned the parcel back."""
    status, decided, back, newest_back = STATUS_OF_STATE[parcel.FIRST_STATE], None, None, None
    for count, entry in enumerate(milestones.entries, start=1):
        after = parcel.status(Milestones(milestones.entries[:count]))
        if after is not status:
            status, decided, back = after, entry, newest_back
        if _kind(entry) in _TURNS_BACK:
            newest_back = entry
    return status, decided, back


def _status(milestones: Milestones, plan: Plan) -> Because:
    status, decided, back = _decisive(milestones)
    if decided is None:
        shipped = (("shipped_at", plan.shipped_at),) if plan.shipped_at else ()
        return Because(code="status.nothing_scanned", params=(("status", status.name), *shipped))
    params: tuple[tuple[str, Value], ...] = (("status", status.name), *_scan(decided))
    if status is Status.RETURN_SIGNED and back is not None:
        return Because(
            code="status.signed_by_sender",
            params=(*params, ("back_kind", _kind(back).name), ("back_at", back[0])),
        )
    return Because(code="status.shop_said" if decided[2] >= WEAK else "status.scan_said", params=params)


def _moved_nothing(milestones: Milestones) -> Iterator[Because]:
    """Name the newest scan when it asks for an earlier status and is therefore only recorded."""
    status, decided, _ = _decisive(milestones)
    newest = milestones.entries[-1] if milestones.entries else None
    if newest is None or newest is decided:
        return
    alone = STATUS_OF_STATE[TRANSITIONS[parcel.FIRST_STATE * 128 + (newest[2] & ~WEAK)]]
    if Status.SHIPPED_AWAIT_PICKUP is not alone is not status:
        yield Because(code="status.kept", params=(("status", status.name), *_scan(newest)))


def _scan(entry: parcel.Entry) -> tuple[tuple[str, Value], ...]:
    return ("kind", _kind(entry).name), ("scan_at", entry[0]), ("city", entry[3])


def _kind(entry: parcel.Entry) -> Kind:
    return Kind(entry[2] & ~WEAK)


# --- Episodes --------------------------------------------------------------------------------------------------------


def _episode(episode: Episode, starts: set[tuple[int, int]], watch: Watch, policy: Policy) -> Iterator[Because]:
    """Tell what opened an episode, what made it severe, and what closed it; `starts` are the keys of all episodes."""
    type_ = Type(episode.type)
    ends_at = episode.closes_at or watch.now
    for ground in sorted(watch.grounds):
        is_of_the_next = ground.at > episode.opens_at and (ground.type, ground.at) in starts
        if ground.type == type_ and episode.opens_at <= ground.at <= ends_at and not is_of_the_next:
            yield Because(
                code=f"anomaly.{ground.reason.name.lower()}",
                about=type_,
                opens_at=episode.opens_at,
                params=(("reason_at", ground.at), *_details(ground, watch, policy), ("policy", policy.version)),
            )
    if episode.severity == Severity.SEVERE and ABOUT[episode.reason].severity < Severity.SEVERE:
        yield Because(
            code="anomaly.severe",
            about=type_,
            opens_at=episode.opens_at,
            params=(("severe_at", episode.severity_at), ("policy", policy.version)),
        )
    if episode.closes_at:
        yield Because(
            code=f"closing.{Closing(episode.closing).name.lower()}",
            about=type_,
            opens_at=episode.opens_at,
            params=(("closes_at", episode.closes_at),),
        )


def _details(ground: Ground, watch: Watch, policy: Policy) -> Iterator[tuple[str, Value]]:
    """Give what the reason was measured by: the clock's start and limit, the route, or the two cities."""
    if ground.since:
        yield "since_at", ground.since
        yield "limit_for", ground.at - ground.since
    if ground.reason in _ROUTED:
        yield "route", _route(watch, policy)
    if ground.reason is Reason.CITY_DIFFERS:
        yield "signed_city", watch.sign_city
        yield "receiver_city", watch.plan.receiver_city
    if ground.reason is Reason.PICKED_BEFORE_PAYMENT:
        yield "paid_at", watch.plan.paid_at


_TURNS_BACK = BACKWARD | {Kind.VOIDED}
_ROUTED = frozenset({Reason.NOT_DEPARTED, Reason.NO_UPDATE, Reason.NO_NEWS})


def _route(watch: Watch, policy: Policy) -> str:
    plan = watch.plan
    table: RouteTable = policy.transit_warn or policy.transit_severe
    at = period_of(policy, plan.shipped_at)
    return routes.route(plan.sender_city, plan.receiver_city, sets=policy.sets_of(table), at=at).name


# --- What is not in the verdict --------------------------------------------------------------------------------------


def _veiled(watch: Watch) -> Iterator[Because]:
    for ground, kind, since in sorted(set(watch.veiled)):
        yield Because(
            code=f"held.{kind.name.lower()}",
            about=ground.type,
            opens_at=ground.at,
            params=(("reason", ground.reason.name), ("hold_since_at", since)),
        )


def _advice(milestones: Milestones) -> Iterator[Because]:
    """Mention what a provider's own clock said; it never opens anything."""
    for entry in milestones.entries:
        if _kind(entry) in ADVISORY:
            yield Because(code=f"advice.{_kind(entry).name.lower()}", params=_scan(entry))
