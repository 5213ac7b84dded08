"""
Many reversals for one cause, as a job: whole orders, up to 500 in a transaction, with a cursor. A job that was killed
goes on where it was; what had been reversed by anybody is left alone.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from procrastinate.contrib.django import app

from yidao.accounts.actors import SYSTEM, Actor, Permission
from yidao.audit import services as audit
from yidao.judging import reversal
from yidao.judging.models import Kind, Reversal, ReversalJob
from yidao.kit import arrays, clock, db, ids, micros, news
from yidao.kit.errors import FieldFault, NotVisible, Refusal
from yidao.orders import raw

TASK: Final = "judging.reverse"
JOBS_SHOWN_MAX: Final = 50
REASON_LENGTH_MAX: Final = 200

_MATCHING: Final = """
 FROM violation WHERE state <> 'REVERSED' AND kind = %s AND at >= %s AND at < %s
"""


class JobRefused(Refusal):
    """The job cannot be started as it stands; `faults` say where."""

    code = "reversal.job_refused"
    status = 422
    message = "This cannot be reversed as it stands."


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which judgements: of one kind, with an instant from `from_at` until before `until_at`, of one shop or of all."""

    kind: str
    from_at: datetime
    until_at: datetime
    shop_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a job would take back now."""

    orders: int
    judgements: int
    shops: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRow:
    """One job as pages show it."""

    id: int
    cause: str
    cause_ref: str
    reason: str
    selection: Selection
    state: str
    orders: int
    orders_done: int
    judgements_done: int
    created_at: datetime
    changed_at: datetime
    user_id: int | None

    @property
    def percent(self) -> int:
        """Return how far the job is."""
        if self.state == ReversalJob.State.DONE:
            return 100
        return min(99, 100 * self.orders_done // self.orders) if self.orders else 0


def preview(selection: Selection, *, actor: Actor) -> Preview:
    """
    Count what a job would take back; nothing is written.

    :raises Forbidden: the actor may not decide about judgements.
    """
    actor.require(Permission.JUDGEMENTS_DECIDE)
    where, parameters = _where(selection)
    statement = "SELECT count(DISTINCT order_id), count(*), count(DISTINCT shop_id)" + where
    ((orders, judgements, shops),) = micros.rows(raw.plain(), statement, parameters)
    return Preview(orders=orders, judgements=judgements, shops=shops)


def start_job(
    *,
    actor: Actor,
    selection: Selection,
    cause: str,
    reason: str,
    now: datetime,
    real_now: datetime,
    cause_ref: str = "",
    request_key: db.RequestKey | None = None,
) -> int:
    """
    Start taking back what the selection finds and return the job's id; a worker does it. The same request key starts
    one job.

    :raises Forbidden: the actor may not decide about judgements.
    :raises JobRefused: there is no reason, no such kind, or nothing to take back.
    """
    counted = preview(selection, actor=actor)
    _check(selection, reason, counted)
    with db.transaction(actor, request_key=request_key) as work:
        if work.earlier is not None:
            return int(work.earlier)
        job_id = ids.new_id()
        ReversalJob.objects.create(
            id=job_id,
            cause=Reversal.Cause(cause),
            cause_ref=cause_ref,
            reason=reason,
            selection=_body(selection),
            orders=counted.orders,
            created_at=now,
            changed_at=now,
            user_id=actor.user_id,
        )
        app.configure_task(TASK, lock=f"reversal/{job_id}").defer(job_id=job_id)
        _record("reversal.started", job_id, actor=actor, now=now, real_now=real_now, orders=counted.orders)
        work.answer(str(job_id))
    return job_id


def _check(selection: Selection, reason: str, counted: Preview) -> None:
    faults = []
    if not reason.strip():
        faults.append(FieldFault(pointer="reason", code="missing"))
    elif len(reason) > REASON_LENGTH_MAX:
        faults.append(FieldFault(pointer="reason", code="too_long"))
    if selection.kind not in Kind.values:
        faults.append(FieldFault(pointer="kind", code="unknown"))
    if selection.from_at >= selection.until_at:
        faults.append(FieldFault(pointer="until_at", code="before_start"))
    elif not counted.judgements:
        faults.append(FieldFault(pointer="", code="nothing_found"))
    if faults:
        raise JobRefused(faults=tuple(faults))


def run(job_id: int, *, now: datetime) -> None:
    """Go on with a job until it is done; begun twice, both together reverse everything once."""
    while run_part(job_id, now=now):
        pass


def run_part(job_id: int, *, now: datetime) -> bool:
    """Reverse the next orders of a job in a transaction of its own and return whether there may be more."""
    with db.transaction(SYSTEM):
        job = ReversalJob.objects.select_for_update().get(id=job_id)
        if job.state == ReversalJob.State.DONE:
            return False
        where, parameters = _where(_selection(job.selection))
        next_orders = "SELECT DISTINCT order_id" + where + " AND order_id > %s ORDER BY order_id LIMIT %s"
        found = micros.rows(raw.plain(), next_orders, (*parameters, job.cursor, reversal.ORDERS_MAX))
        orders = [order_id for (order_id,) in found]
        if orders:
            _reverse(job, orders, now=now)
        else:
            job.state = ReversalJob.State.DONE
            _record("reversal.done", job_id, actor=SYSTEM, now=now, real_now=clock.real_now(), orders=job.orders_done)
        job.changed_at = now
        job.save()
    return bool(orders)


def _reverse(job: ReversalJob, orders: list[int], *, now: datetime) -> None:
    where, parameters = _where(_selection(job.selection))
    statement = "SELECT id, shop_id" + where + " AND order_id = ANY(%s::bigint[])"
    found = micros.rows(raw.plain(), statement, (*parameters, arrays.integers(orders)))
    done = reversal.reverse(
        raw.plain(),
        judgement_ids=[row[0] for row in found],
        cause=job.cause,
        cause_ref=job.cause_ref or f"job/{job.id}",
        now=now,
        user_id=job.user_id,
    )
    job.cursor = orders[-1]
    job.orders_done += done.orders
    job.judgements_done += done.judgements
    news.tell(row[1] for row in found)


def jobs(*, actor: Actor) -> tuple[JobRow, ...]:
    """
    Return the newest jobs.

    :raises Forbidden: the actor may not decide about judgements.
    """
    actor.require(Permission.JUDGEMENTS_DECIDE)
    return tuple(_row(each) for each in ReversalJob.objects.order_by("-created_at", "-id")[:JOBS_SHOWN_MAX])


def job(job_id: int, *, actor: Actor) -> JobRow:
    """
    Return one job with how far it is.

    :raises Forbidden: the actor may not decide about judgements.
    :raises NotVisible: there is none with that id.
    """
    actor.require(Permission.JUDGEMENTS_DECIDE)
    found = ReversalJob.objects.filter(id=job_id).first()
    if found is None:
        raise NotVisible
    return _row(found)


def _where(selection: Selection) -> tuple[str, tuple[Any, ...]]:
    parameters = (selection.kind, selection.from_at, selection.until_at)
    if selection.shop_id is None:
        return _MATCHING, parameters
    return _MATCHING + " AND shop_id = %s", (*parameters, selection.shop_id)


def _body(selection: Selection) -> dict[str, Any]:
    return {
        "kind": str(selection.kind),
        "from_at": selection.from_at.isoformat(),
        "until_at": selection.until_at.isoformat(),
        "shop_id": str(selection.shop_id) if selection.shop_id else "",
    }


def _selection(body: dict[str, Any]) -> Selection:
    return Selection(
        kind=body["kind"],
        from_at=datetime.fromisoformat(body["from_at"]),
        until_at=datetime.fromisoformat(body["until_at"]),
        shop_id=int(body["shop_id"]) if body["shop_id"] else None,
    )


def _row(job: ReversalJob) -> JobRow:
    return JobRow(
        id=job.id,
        cause=job.cause,
        cause_ref=job.cause_ref,
        reason=job.reason,
        selection=_selection(job.selection),
        state=job.state,
        orders=job.orders,
        orders_done=job.orders_done,
        judgements_done=job.judgements_done,
        created_at=job.created_at,
        changed_at=job.changed_at,
        user_id=job.user_id,
    )


def _record(act: str, job_id: int, *, actor: Actor, now: datetime, real_now: datetime, orders: int) -> None:
    audit.record(
        act=act,
        subject=f"reversal/{job_id}",
        user_id=actor.user_id,
        details={"orders": orders},
        at_real=real_now,
        at_business=now,
    )
