"""What the pages of violations share: uploaded pictures, kept ones, and the facts of one violation in words."""

from datetime import timedelta
from typing import Any, Final

from django.http import HttpResponse

from yidao.accounts import queries as accounts
from yidao.accounts.actors import Actor
from yidao.judging import cases
from yidao.judging.violations import Detail
from yidao.kit import clock
from yidao.rules import appeals
from yidao.web.shared import violation_words
from yidao.web.shared.requests import Request

LATE_AFTER: Final = timedelta(minutes=5)
"""A judgement written so much later than it belongs to says so."""
PICTURE_BYTES_MAX: Final = appeals.IMAGE_KILOBYTES_MAX * cases.KILOBYTE


def uploaded(request: Request) -> list[bytes]:
    """Return the pictures a form sent, one more than allowed at most, each cut where it is too large anyway."""
    files = [each for each in request.FILES.getlist("pictures") if each.size]
    return [each.read(PICTURE_BYTES_MAX + 1) for each in files[: appeals.IMAGES_MAX + 1]]


def picture(picture_id: int, *, actor: Actor) -> HttpResponse:
    """
    Hand out a kept picture so that a browser shows it and does nothing else with it.

    :raises NotVisible: it is not the actor's to see.
    """
    shown = cases.picture(picture_id, actor=actor, real_now=clock.real_now())
    response = HttpResponse(b"".join(shown.pieces), content_type=shown.content_type)
    response["Content-Disposition"] = "inline"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, no-store"
    return response


def facts(detail: Detail, *, is_operator: bool = False) -> dict[str, Any]:
    """Return what the facts of one violation need beside themselves."""
    people = [each.user_id for each in detail.said]
    if detail.lifted is not None:
        people.append(detail.lifted.user_id)
    if detail.appeal is not None:
        people += [detail.appeal.filed_by, detail.appeal.answered_by]
    return {
        "it": detail,
        "row": detail.row,
        "words": violation_words,
        "is_operator": is_operator,
        "late_after": LATE_AFTER,
        "users": accounts.user_names(each for each in people if each is not None),
        "shop_name": accounts.organisation_names([detail.row.shop_id]).get(detail.row.shop_id, "—"),
    }
