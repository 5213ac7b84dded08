"""Input that was kept aside is forgotten when its time is over."""

from datetime import UTC, datetime, timedelta

import pytest

from yidao.kit import crypto, ids
from yidao.parcels import quarantine, retention, tasks
from yidao.parcels.models import Quarantine

pytestmark = pytest.mark.django_db
NOW = datetime(2022, 6, 20, 4, tzinfo=UTC)


def keep(age: timedelta, state: Quarantine.State = Quarantine.State.OPEN) -> int:
    new_id = ids.new_id()
    Quarantine.objects.create(
        id=new_id,
        received_at=NOW - age,
        source="KUAIDI100",
        reason="push.malformed_json",
        body_encrypted=crypto.encrypt(b"{", place=quarantine.place(new_id)),
        state=state,
    )
    return new_id


def left() -> set[int]:
    return set(Quarantine.objects.values_list("id", flat=True))


def test_what_is_ninety_days_old_is_kept_and_what_is_older_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH_SIZE", 2)
    young = keep(retention.KEPT)
    for state in (Quarantine.State.OPEN, Quarantine.State.REPLAYED, Quarantine.State.DISCARDED):
        for _ in range(3):
            keep(retention.KEPT + timedelta(seconds=1), state)

    assert retention.forget(now=NOW) == 9
    assert left() == {young}
    assert retention.forget(now=NOW) == 0


def test_what_is_being_replayed_is_left_for_the_next_time() -> None:
    asked = keep(timedelta(days=200), Quarantine.State.REPLAY_ASKED)

    assert retention.forget(now=NOW) == 0
    assert left() == {asked}


def test_the_hourly_job_goes_by_business_time() -> None:
    keep(timedelta(0))

    tasks.forget_quarantine(timestamp=0)

    assert left() == set()
