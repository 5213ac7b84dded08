"""The journal, newest first."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from yidao.accounts import queries as accounts
from yidao.accounts.actors import Permission
from yidao.audit import queries
from yidao.kit import paging
from yidao.web.shared import consoles
from yidao.web.shared.requests import Request

PAGE_SIZE = 100


@require_safe
def index(request: Request) -> HttpResponse:
    """List what people and machines did."""
    consoles.operator(request, needs=Permission.AUDIT_VIEW)
    act = request.GET.get("act", "").replace("\0", "")[:80]
    fingerprint = paging.filter_hash("audit", act)
    after = request.GET.get("after", "")
    before_id = paging.open_cursor(after, of=fingerprint, length=1)[0] if after else None
    rows = queries.entries(act=act, before_id=before_id, limit=PAGE_SIZE + 1)
    is_more = len(rows) > PAGE_SIZE
    context = {
        "rows": rows[:PAGE_SIZE],
        "act": act,
        "acts": queries.acts(),
        "users": accounts.user_names(row.actor_user_id for row in rows if row.actor_user_id),
        "next_cursor": paging.cursor((rows[PAGE_SIZE - 1].id,), of=fingerprint) if is_more else "",
    }
    return render(request, "operator/audit.html", context)
