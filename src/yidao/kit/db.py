"""
The one way to write through Django: a transaction with an actor, never nested by accident, that knows repeated
requests.
"""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from django.db import IntegrityError, connection
from django.db import transaction as django_transaction

from yidao.kit import clock, ids
from yidao.kit.errors import Refusal
from yidao.kit.models import RequestLog


class Acting(Protocol):
    """Whoever acts: a person or a credential; a missing one is an error, never a default."""

    @property
    def user_id(self) -> int | None:
        """Return the person, if one acts."""

    @property
    def credential_id(self) -> int | None:
        """Return the API credential, if a machine acts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestKey:
    """A caller's own name for a request, and what it asked; the same name for other words is refused."""

    key: str
    body: Any


class RequestKeyReused(Refusal):
    """The key was used before for something else."""

    code = "request.key_reused"
    status = 422
    message = "This request key was used before for another request."


class Work:
    """The transaction in progress; `earlier` is what the same request answered before, else None."""

    def __init__(self, earlier: Any = None, row: RequestLog | None = None) -> None:
        self.earlier = earlier
        self._row = row

    def answer(self, result: Any) -> None:
        """Keep the answer with the request key, so that asking again gives it again."""
        if self._row is not None:
            self._row.result = result
            self._row.save(update_fields=["result"])


@contextmanager
def transaction(actor: Acting, *, request_key: RequestKey | None = None) -> Iterator[Work]:
    """
    Open the one transaction of a use case; leave it by an exception and nothing was written.

    With a request key the first run does the work and keeps its answer by `Work.answer`; a repeated request finds the
    answer in `Work.earlier` and must do nothing. Two at once: the second waits for the first.

    :raises RequestKeyReused: the key was used before for other words.
    """
    if request_key is None:
        with django_transaction.atomic(durable=True):
            yield Work()
        return
    with django_transaction.atomic(durable=True):
        yield _claim(actor, request_key)


@contextmanager
def part() -> Iterator[None]:
    """
    Do one part of the transaction that is open: leave it by an exception and of this part nothing was written, while
    the rest goes on.
    """
    assert connection.in_atomic_block, "a part of what?"
    with django_transaction.atomic():
        yield


@contextmanager
def snapshot() -> Iterator[None]:
    """
    Read from one moment of the database, however long it takes: what is committed meanwhile is not seen.

    Nothing can be written inside, and the connection must not be in a transaction yet.
    """
    with django_transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def _claim(actor: Acting, request: RequestKey) -> Work:
    who = f"credential/{actor.credential_id}" if actor.credential_id else f"user/{actor.user_id}"
    digest = hashlib.sha256(json.dumps(request.body, sort_keys=True, default=str).encode()).digest()
    row = RequestLog(id=ids.new_id(), who=who, request_key=request.key, body_sha256=digest, created_at=clock.real_now())
    try:
        with django_transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        known = RequestLog.objects.get(who=who, request_key=request.key)
        if bytes(known.body_sha256) != digest:
            raise RequestKeyReused from None
        return Work(earlier=known.result)
    return Work(row=row)
