"""The one pass over a parcel's scans that finds its anomalies; `anomalies.judge` is the door to it."""

from typing import NamedTuple

from yidao.rules import parcel, roles
from yidao.rules.episodes import ABOUT, Closing, Episode, Reason, Severity, Type
from yidao.rules.facts import Hold, HoldKind, Plan
from yidao.rules.instants import END_OF_TIME, Instant, local_hour
from yidao.rules.limits import Limits, Policy, limits_for
from yidao.rules.parcel import STATUS_OF_STATE, TRANSITIONS, Milestones
from yidao.rules.scans import WEAK, Kind

_NO_INFO, _ARRIVED_HUB, _REDELIVERY = int(Kind.NO_INFO), int(Kind.ARRIVED_HUB), int(Kind.REDELIVERY)
_SIGNED_AT_LOCKER, _CUSTOMS_CLEARED, _VOIDED = int(Kind.SIGNED_AT_LOCKER), int(Kind.CUSTOMS_CLEARED), int(Kind.VOIDED)
_PROVES_PICKUP = frozenset({int(Kind.LOCKER_OVERDUE), int(Kind.CUSTOMS_FAILED)})

End = tuple[int, Closing]
"""An instant that may close an episode, 0 for never, and what it would close it as."""


_NOT_RETURNED: End = (0, Closing.RETURNED)


class Ground(NamedTuple):
    """Why something opened, or would have: type, instant, reason, and when its clock started (0: no clock did)."""

    type: Type
    at: int
    reason: Reason
    since: int


class _Open:
    """An episode while the pass is inside it."""

    __slots__ = ("opens_at", "reason", "reasons", "severe_at", "severity", "severity_at")

    def __init__(self, opens_at: int, reason: int, severe_at: int) -> None:
        self.opens_at = self.severity_at = opens_at
        self.reason = reason
        self.reasons = 1 << reason
        self.severity = int(ABOUT[reason].severity)
        self.severe_at = severe_at

    def also(self, at: int, reason: int) -> None:
        """Take one more reason; the gravest names the episode, the worst severity stands."""
        about = ABOUT[reason]
        self.reasons |= 1 << reason
        if about.gravity > ABOUT[self.reason].gravity:
            self.reason = reason
        if about.severity > self.severity:
            self.severity, self.severity_at = int(about.severity), at

    def until(self, type_: int, end: int, closes_at: int, closing: int) -> Episode:
        """Return the episode as it is at `end`, which is when it closes, or now."""
        if self.severe_at and self.severe_at <= end:
            return Episode(type_, self.opens_at, closes_at, closing, Severity.SEVERE, self.severe_at, self.reason)
        return Episode(type_, self.opens_at, closes_at, closing, self.severity, self.severity_at, self.reason)


class Watch:
    """
    One pass over the entries of one parcel, from the oldest to `now`.

    Each running clock is the instant that started it, 0 when it does not run; `alarm` is never later than the first of
    them to run out. Note [Limits open at the limit]: a scan at the very instant of a limit is late, so clocks are asked
    before the scan is taken, and the episode then opens and closes at that instant.
    """

    __slots__ = (
        "alarm",
        "box_at",
        "damage_ends_at",
        "done",
        "due",
        "gap_at",
        "grounds",
        "has_weak",
        "hub_at",
        "is_at_customs",
        "is_self_collected",
        "limits",
        "mask",
        "news_at",
        "now",
        "open_ones",
        "out_at",
        "plan",
        "policy",
        "previous_out_at",
        "refunded_at",
        "resolved",
        "returned",
        "sign_city",
        "signed_at",
        "state",
        "veiled",
        "veils",
        "voided_at",
    )

    def __init__(self, plan: Plan, policy: Policy, now: int) -> None:
        self.plan, self.policy, self.now = plan, policy, now
        self.limits: Limits = limits_for(policy, plan.sender_city, plan.receiver_city, plan.shipped_at)
        # Running clocks, by what started them.
        self.gap_at = self.hub_at = self.news_at = self.out_at = self.box_at = self.damage_ends_at = 0
        self.alarm: int = END_OF_TIME
        self.due: int = END_OF_TIME
        # Where the parcel is, and what happened to it.
        self.state = parcel.FIRST_STATE
        self.is_at_customs = self.is_self_collected = self.has_weak = False
        self.previous_out_at = self.voided_at = self.refunded_at = self.signed_at = self.sign_city = 0
        self.returned = _NOT_RETURNED
        # What is open, what was, and what may hide it.
        self.mask = 0
        self.open_ones: dict[int, _Open] = {}
        self.done: list[Episode] = []
        self.grounds: list[Ground] = []
        self.veiled: list[tuple[Ground, HoldKind, int]] = []
        self.veils: tuple[Hold, ...] = ()
        self.resolved: tuple[Hold, ...] = ()

    # --- The pass ---

    def run(self, milestones: Milestones, holds: tuple[Hold, ...]) -> None:
        """Take every fact up to `now`; later scans only move the state and set an alarm."""
        events = milestones.entries
        notes = self._take(holds) if holds else []
        picked_at = milestones.first_moved_at
        if 0 < picked_at < self.plan.paid_at:
            notes.append((picked_at, roles.LAST_RANK, roles.PICKED_EARLY, 0))
        if notes:
            events = tuple(sorted((*events, *notes)))
        now = self.now
        for at, _, kind, city in events:
            if at > now:
                self._foresee(at, kind)
            elif kind < WEAK:
                self._scan(at, kind, city)
            else:
                self._other_fact(at, kind, city)
        self._fire(now)
        self._watch_pickup(picked_at)
        if picked_at:
            self._watch_dispatch(picked_at, milestones.first_left_at)
        if self.signed_at and self.sign_city and self.sign_city != self.plan.receiver_city:
            self._compare_cities(milestones)

    def _take(self, holds: tuple[Hold, ...]) -> list[parcel.Entry]:
        self.veils = tuple(each for each in holds if each.kind in (HoldKind.SUPPRESSED, HoldKind.OUTAGE))
        self.resolved = tuple(each for each in holds if each.kind is HoldKind.RESOLVED)
        self.refunded_at = min((each.since for each in holds if each.kind is HoldKind.REFUNDED), default=0)
        return [
            (each.since, roles.LAST_RANK, roles.NOTED_AS[each.kind], each.types)
            for each in holds
            if each.kind in roles.NOTED_AS
        ]

    def _foresee(self, at: int, kind: int) -> None:
        if kind < WEAK:
            self.state = TRANSITIONS[self.state * 128 + kind]
            if kind == _VOIDED and not self.voided_at:
                self.voided_at = at
        elif kind < roles.RESOLVED:
            self.has_weak = True
        self.due = min(self.due, at)

    def _scan(self, at: int, kind: int, city: int) -> None:
        if at >= self.alarm:
            self._fire(at)
        before = self.state
        state = self.state = TRANSITIONS[before * 128 + kind]
        stage = roles.STAGE[state]
        role = roles.ROLE[kind]
        if role == roles.MOVES:
            self.hub_at = 0
            if self.mask:
                self._relax(at, kind, before, stage)
        elif role == roles.HAPPENS:
            if self.mask:
                self._hear(at, kind, stage)
            self._except(at, kind, stage)
        elif role == roles.ENDS:
            self._end(at, kind, city, before)
        else:
            if kind == _NO_INFO and stage == roles.WAITING:
                self._open(Type.OTHER, at, Reason.NO_INFO)
            return
        if stage == roles.TRANSIT:
            self._wind_transit(at, kind, role)
        elif stage == roles.DELIVERY:
            self._wind_delivery(at, kind)
        elif stage == roles.PICKED:
            self.news_at = at
            self._wake(at + self.limits.no_news)
        else:
            self.gap_at = self.news_at = self.out_at = self.hub_at = 0
            if stage != roles.COLLECTION:
                self.box_at = 0
            elif roles.STAGE[before] != roles.COLLECTION:
                self.box_at, self.previous_out_at = at, 0
                self._wake(at + self.limits.collect)

    def _wake(self, at: int) -> None:
        if at < self.alarm:
            self.alarm = at

    def _wind_transit(self, at: int, kind: int, role: int) -> None:
        """Start what runs between departure and delivery. Reading: while customs holds the parcel no clock runs."""
        self.out_at = self.previous_out_at = self.box_at = 0
        if kind in roles.HELD_BY_CUSTOMS:
            self.is_at_customs = True
        elif role == roles.MOVES:
            self.is_at_customs = False
        if self.is_at_customs:
            self.gap_at = self.news_at = 0
            return
        self.gap_at = self.news_at = at
        limits = self.limits
        wakes_at = at + limits.shortest_in_transit
        if kind == _ARRIVED_HUB:
            self.hub_at = at
            wakes_at = min(wakes_at, at + limits.hub_dwell)
        if wakes_at < self.alarm:
            self.alarm = wakes_at

    def _wind_delivery(self, at: int, kind: int) -> None:
        """Start what runs while a courier is out. Reading: once late, a further delivery scan starts no new clock."""
        self.gap_at = self.hub_at = self.box_at = 0
        self.news_at = at
        self.is_at_customs = False
        if kind in roles.OUT:
            previous, self.previous_out_at = self.previous_out_at, at
            if kind == _REDELIVERY or (previous and at - previous >= self.limits.second_attempt):
                self._open(Type.DELIVERY_EXCEPTION, at, Reason.SECOND_ATTEMPT)
            if not self.mask & roles.DELIVERY_TIMEOUT_BIT:
                self.out_at = at
                self._wake(at + self.limits.delivery)
        self._wake(at + self.limits.no_news)

    # --- What a scan does to open episodes ---

    def _relax(self, at: int, kind: int, before: int, stage: int) -> None:
        """Close what a movement ends."""
        self._close(Type.TRANSIT_TIMEOUT, at, Closing.NEWER_SCAN)
        self._close(Type.TRANSIT_EXCEPTION, at, Closing.PROGRESS)
        if stage == roles.TRANSIT:
            self._close(Type.DELIVERY_TIMEOUT, at, Closing.PROGRESS)
        elif stage == roles.COLLECTION and roles.STAGE[before] != roles.COLLECTION:
            self._close(Type.DELIVERY_TIMEOUT, at, Closing.BOXED)
            self._close(Type.DELIVERY_EXCEPTION, at, Closing.BOXED)
        self._close_if_only(Type.OTHER, roles.ONLY_NO_INFO, at, Closing.PICKED_UP)
        if kind == _CUSTOMS_CLEARED:
            self._close_if_only(Type.OTHER, roles.ONLY_CUSTOMS_FAILED, at, Closing.PROGRESS)

    def _hear(self, at: int, kind: int, stage: int) -> None:
        """Close what news of any sort ends, even bad news."""
        self._close(Type.TRANSIT_TIMEOUT, at, Closing.NEWER_SCAN)
        self._close_if_only(Type.TRANSIT_EXCEPTION, roles.ONLY_NO_NEWS, at, Closing.NEWER_SCAN)
        if stage == roles.TRANSIT:
            self._close(Type.DELIVERY_TIMEOUT, at, Closing.PROGRESS)
        elif stage == roles.COLLECTION:
            self._close(Type.DELIVERY_TIMEOUT, at, Closing.BOXED)
        if kind in _PROVES_PICKUP:
            self._close_if_only(Type.OTHER, roles.ONLY_NO_INFO, at, Closing.PICKED_UP)

    def _except(self, at: int, kind: int, stage: int) -> None:
        """
        Open what an exception opens.

        Reading: once signed, refused or on the way back only damage is still an anomaly, and each report of it after
        the signature starts the time again after which it expires; a void number has no anomalies.
        """
        opens = roles.OPENS.get(kind)
        if opens is None or stage == roles.VOID:
            return
        type_, reason = opens
        if type_ is Type.PARCEL_DAMAGED:
            self._open(type_, at, reason)
            if roles.IS_SIGNATURE[self.state]:
                self.damage_ends_at = at + self.limits.damage_expires
                self._wake(self.damage_ends_at)
        elif stage != roles.OVER:
            if reason is Reason.OUT_OF_AREA and stage in (roles.DELIVERY, roles.COLLECTION):
                type_ = Type.DELIVERY_EXCEPTION
            self._open(type_, at, reason)

    def _end(self, at: int, kind: int, city: int, before: int) -> None:
        """Close what a signature, a refusal, a return or a void number ends."""
        if roles.STAGE[before] == roles.VOID:
            return
        state = self.state
        closing = roles.ENDING[kind]
        if kind == _VOIDED:
            self.voided_at = self.voided_at or at
            for type_ in tuple(self.open_ones):
                self._close(type_, at, closing)
        elif closing is Closing.SIGNED and not roles.IS_SIGNED[state]:
            closing = Closing.RETURNED
        if self.mask:
            for type_ in roles.ENDED_BY_ANY:
                self._close(type_, at, closing)
            self._close_if_only(Type.OTHER, roles.ONLY_NO_INFO, at, Closing.PICKED_UP)
        if roles.IS_SIGNATURE[state] and STATUS_OF_STATE[state] is not STATUS_OF_STATE[before]:
            self._close(Type.OTHER, at, closing)
            if Type.PARCEL_DAMAGED in self.open_ones and not self.damage_ends_at:
                self.damage_ends_at = at + self.limits.damage_expires
                self._wake(self.damage_ends_at)
        if roles.IS_SIGNED[before]:
            self._sign_again(at, kind, city, state)
        elif roles.IS_SIGNED[state]:
            self.signed_at, self.sign_city, self.returned = at, city, _NOT_RETURNED
            self.is_self_collected = kind == _SIGNED_AT_LOCKER or roles.STAGE[before] == roles.COLLECTION
            hour = local_hour(Instant(at), offset_minutes=self.policy.zone_offset_minutes)
            if self.policy.odd_sign_from_hour <= hour < self.policy.odd_sign_until_hour:
                self._open(Type.OTHER, at, Reason.ODD_SIGN_TIME)

    def _sign_again(self, at: int, kind: int, city: int, state: int) -> None:
        """Take the newest of several signatures, or note that a signed parcel turned back."""
        if not roles.IS_SIGNED[state]:
            self.returned = (at, roles.ENDING[kind])
        elif kind in roles.SIGNATURES:
            self.signed_at, self.sign_city = at, city
            self.is_self_collected |= kind == _SIGNED_AT_LOCKER

    def _other_fact(self, at: int, kind: int, types: int) -> None:
        """Take a fact that no carrier reported: the shop's own scan, or a hold that happens at one instant."""
        if at >= self.alarm:
            self._fire(at)
        if kind < roles.RESOLVED:
            self.has_weak = True
            self._except(at, kind - WEAK, roles.STAGE[self.state])
        elif kind == roles.RESOLVED:
            for type_ in tuple(self.open_ones):
                if not types or types >> type_ & 1:
                    self._close(type_, at, Closing.MANUAL)
        elif roles.STAGE[self.state] != roles.VOID:
            self._open(Type.OTHER, at, roles.NOTED_REASONS[kind])

    # --- Episodes ---

    def _open(self, type_: Type, at: int, reason: Reason, since: int = 0, severe_at: int = 0) -> None:
        """Open an episode at `at`, not after `now`, or add a reason to the one that is open."""
        if self.veils and self._veil(type_, at, reason):
            return
        self.grounds.append(Ground(type_, at, reason, since))
        already = self.open_ones.get(type_)
        if already is not None:
            already.also(at, reason)
            return
        opened = _Open(at, reason, severe_at)
        for index, each in enumerate(self.done):
            if each.type == type_ and each.opens_at == at:
                # It closed at the very instant at which the next one opens: one episode, so that the key stays unique.
                opened.also(at, each.reason)
                del self.done[index]
                break
        self.open_ones[type_] = opened
        self.mask |= 1 << type_

    def _close(self, type_: int, at: int, closing: Closing) -> None:
        opened = self.open_ones.pop(type_, None)
        if opened is None:
            return
        self.mask &= ~(1 << type_)
        self.done.append(opened.until(type_, at, at, closing))
        if type_ == Type.PARCEL_DAMAGED:
            self.damage_ends_at = 0

    def _close_if_only(self, type_: Type, reasons: int, at: int, closing: Closing) -> None:
        opened = self.open_ones.get(type_)
        if opened is not None and opened.reasons == reasons:
            self._close(type_, at, closing)

    def _veil(self, type_: Type, at: int, reason: Reason) -> HoldKind | None:
        """
        Return what keeps an episode that would open at `at` out of the verdict, if anything does.

        A relief excuses it for good. An outage only holds it back while it lasts, and only if our clock alone says it:
        when the outage is over the facts decide.
        """
        in_time = [each for each in self.veils if each.since <= at and (not each.until or at < each.until)]
        bit = 1 << type_
        found = [
            each for each in in_time if each.kind is HoldKind.SUPPRESSED and (each.types or roles.RELIEVABLE) & bit
        ] or [
            each
            for each in in_time
            if each.kind is HoldKind.OUTAGE
            and reason in roles.CLOCK_REASONS
            and (each.types or roles.ALL_TYPES) & bit
            and (not each.until or self.now < each.until)
        ]
        if not found:
            return None
        kind = found[0].kind
        if kind is HoldKind.OUTAGE:
            self.due = min(self.due, *(each.until or self.now + self.limits.recheck for each in found))
        self.veiled.append((Ground(type_, at, reason, 0), kind, min(each.since for each in found)))
        return kind

    # --- Clocks ---

    def clocks(self) -> list[tuple[int, Type, Reason, int]]:
        """Return the running clocks of the pass as (runs out at, type, reason, started at), soonest first."""
        limits = self.limits
        running = [
            (self.gap_at, limits.transit, Type.TRANSIT_TIMEOUT, Reason.NO_UPDATE),
            (self.out_at, limits.delivery, Type.DELIVERY_TIMEOUT, Reason.NOT_DELIVERED),
            (self.hub_at, limits.hub_dwell, Type.TRANSIT_EXCEPTION, Reason.HUB_DWELL),
            (self.news_at, limits.no_news, Type.TRANSIT_EXCEPTION, Reason.NO_NEWS),
            (self.box_at, limits.collect, Type.DELIVERY_EXCEPTION, Reason.NOT_COLLECTED),
        ]
        return sorted((start + limit, type_, reason, start) for start, limit, type_, reason in running if start)

    def _soonest(self) -> int:
        """Return when the first of the running clocks runs out."""
        limits = self.limits
        soonest: int = self.damage_ends_at or END_OF_TIME
        if self.gap_at:
            soonest = min(soonest, self.gap_at + limits.transit)
        if self.out_at:
            soonest = min(soonest, self.out_at + limits.delivery)
        if self.hub_at:
            soonest = min(soonest, self.hub_at + limits.hub_dwell)
        if self.news_at:
            soonest = min(soonest, self.news_at + limits.no_news)
        if self.box_at:
            soonest = min(soonest, self.box_at + limits.collect)
        return soonest

    def _fire(self, until: int) -> None:
        """Let run out whatever runs out at or before `until`, and set the alarm anew."""
        self.alarm = self._soonest()
        if self.alarm > until:
            return
        if 0 < self.damage_ends_at <= until:
            self._close(Type.PARCEL_DAMAGED, self.damage_ends_at, Closing.EXPIRED)
        for at, type_, reason, start in self.clocks():
            if at > until:
                break
            if reason is Reason.NO_UPDATE:
                self.gap_at = 0
                self._open(type_, at, reason, start, start + self.limits.transit_severe)
            elif reason is Reason.NOT_DELIVERED:
                self.out_at = 0
                self._open(type_, at, reason, start, start + self.limits.delivery_severe)
            elif reason is Reason.HUB_DWELL:
                self.hub_at = 0
                self._open(type_, at, reason, start)
            elif reason is Reason.NO_NEWS:
                self.news_at = 0
                self._open(type_, at, reason, start)
            else:
                self.box_at = 0
                self._open(type_, at, reason, start)
        self.alarm = self._soonest()

    def _last(self, ground: Ground, ends: tuple[End, ...], severe_at: int = 0) -> None:
        """Add an episode that the pass does not follow: from `at` to the first of its ends, or to a resolution."""
        now = self.now
        type_, at, reason, _ = ground
        if at > now:
            self._wake(at)
            return
        if self.veils and self._veil(type_, at, reason):
            return
        self.grounds.append(ground)
        resolved = ((each.since, Closing.MANUAL) for each in self.resolved if not each.types or each.types >> type_ & 1)
        end_at, closing = min(((end, by) for end, by in (*ends, *resolved) if end >= at), default=(0, 0))
        opened = _Open(at, reason, severe_at)
        if end_at and end_at <= now:
            self.done.append(opened.until(type_, end_at, end_at, closing))
        else:
            self.open_ones[type_] = opened
            self.due = min(self.due, end_at or END_OF_TIME)

    def _watch_pickup(self, picked_at: int) -> None:
        """Judge the pickup. In time is a pickup before the limit; one at the limit is late."""
        shipped_at = self.plan.shipped_at
        soon_at = shipped_at + self.limits.pickup_soon
        if not shipped_at or 0 < picked_at < soon_at:
            return
        ends = tuple(
            (end, closing)
            for end, closing in (
                (picked_at, Closing.PICKED_UP),
                (self.voided_at, Closing.VOIDED),
                (self.refunded_at, Closing.REFUNDED),
            )
            if end
        )
        first_end = min(ends)[0] if ends else END_OF_TIME
        if first_end < soon_at:
            return
        if self.now < soon_at:
            self._wake(soon_at)
            return
        late_at = shipped_at + self.limits.pickup_timeout
        if first_end >= late_at:
            self._last(Ground(Type.PICKUP_TIMEOUT, late_at, Reason.NOT_PICKED_UP, shipped_at), ends)
            ends = self._upgrade(late_at) or ends
        self._last(Ground(Type.PICKUP_SOON, soon_at, Reason.PICKUP_NEAR, shipped_at), ends)

    def _upgrade(self, late_at: int) -> tuple[End, ...]:
        """Return what ends the warning when its time is over; while an outage holds the timeout back, nothing does."""
        veil = self._veil(Type.PICKUP_TIMEOUT, late_at, Reason.NOT_PICKED_UP) if late_at <= self.now else None
        if veil is HoldKind.OUTAGE:
            return ()
        return ((late_at, Closing.RELIEVED if veil else Closing.UPGRADED),)

    def _watch_dispatch(self, picked_at: int, left_at: int) -> None:
        """Judge the departure from the outlet of origin."""
        late_at = picked_at + self.limits.dispatch
        if 0 < left_at < late_at:
            return
        ends = tuple(
            (end, closing) for end, closing in ((left_at, Closing.DEPARTED), (self.voided_at, Closing.VOIDED)) if end
        )
        if ends and min(ends)[0] < late_at:
            return
        severe_at = picked_at + self.limits.dispatch_severe
        self._last(Ground(Type.DISPATCH_TIMEOUT, late_at, Reason.NOT_DEPARTED, picked_at), ends, severe_at)

    def _compare_cities(self, milestones: Milestones) -> None:
        """Judge where the parcel was signed: nothing to say when it was sent elsewhere or fetched by the receiver."""
        if not self.plan.receiver_city or self.is_self_collected:
            return
        if any(kind in roles.DIVERTED and at <= self.signed_at for at, _, kind, _ in milestones.entries):
            return
        self._last(Ground(Type.SIGN_ADDR_MISMATCH, self.signed_at, Reason.CITY_DIFFERS, 0), (self.returned,))

    # --- The verdict ---

    def episodes_now(self) -> tuple[Episode, ...]:
        """Return the episodes as they are at `now`, and bring `due` down to the next step of the open ones."""
        found = self.done
        self.due = min(self.due, self.alarm)
        if not found and not self.open_ones:
            return ()
        for type_, opened in self.open_ones.items():
            found.append(opened.until(type_, self.now, 0, 0))
            if opened.severe_at > self.now:
                self._wake(opened.severe_at)
        self.due = min(self.due, self.alarm)
        found.sort()
        return tuple(found)

    def running(self, milestones: Milestones) -> list[tuple[Type, Reason, Severity, int, int]]:
        """Return what is still to run out after `run`: (type, reason, severity then, starts at, runs out at)."""
        limits, now = self.limits, self.now
        clocks = [(type_, reason, ABOUT[reason].severity, start, at) for at, type_, reason, start in self.clocks()]
        shipped_at, picked_at = self.plan.shipped_at, milestones.first_moved_at
        if shipped_at and not (picked_at or self.voided_at or self.refunded_at):
            for type_, reason, limit in (
                (Type.PICKUP_SOON, Reason.PICKUP_NEAR, limits.pickup_soon),
                (Type.PICKUP_TIMEOUT, Reason.NOT_PICKED_UP, limits.pickup_timeout),
            ):
                clocks.append((type_, reason, ABOUT[reason].severity, shipped_at, shipped_at + limit))
        if picked_at and not (milestones.first_left_at or self.voided_at):
            at = picked_at + limits.dispatch
            clocks.append((Type.DISPATCH_TIMEOUT, Reason.NOT_DEPARTED, Severity.WARN, picked_at, at))
        for value, opened in self.open_ones.items():
            if opened.severe_at > now:
                clocks.append((Type(value), Reason(opened.reason), Severity.SEVERE, opened.opens_at, opened.severe_at))
        return [clock for clock in clocks if clock[4] > now]
