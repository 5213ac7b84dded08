"""Published policies: the list, one version, and publishing a new one in two steps with the difference in between."""

import json
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from yidao.accounts import queries as accounts
from yidao.accounts.actors import Permission
from yidao.kit import clock
from yidao.kit.errors import FieldFault, NotVisible, Refusal
from yidao.policies import families, queries, services
from yidao.rules import bodies
from yidao.web.operator import words
from yidao.web.shared import consoles
from yidao.web.shared.faults import message_of
from yidao.web.shared.formats import SHANGHAI
from yidao.web.shared.requests import Request

VERSIONS_MAX = 200
BODY_CHARS_MAX = 200_000


@require_safe
def index(request: Request) -> HttpResponse:
    """Show what is in force and what comes next, and list the published versions, the newest first."""
    actor = consoles.operator(request)
    rows = queries.versions(limit=VERSIONS_MAX)
    context = {
        "standings": queries.standings(at=request.now),
        "rows": rows,
        "profiles": sorted({(row.family, row.profile) for row in rows}),
        "may_publish": actor.may(Permission.POLICIES_PUBLISH),
        "users": accounts.user_names(row.published_by for row in rows if row.published_by),
        "words": words,
    }
    return render(request, "operator/policies.html", context)


@require_safe
def version(request: Request, name: str) -> HttpResponse:
    """Show one version; it cannot be edited, only followed by a newer one."""
    actor = consoles.operator(request)
    row = queries.version(name)
    before = queries.predecessor(row)
    context = {
        "row": row,
        "before": before,
        "changes": bodies.difference(before.body, row.body) if before is not None else (),
        "body": json.dumps(row.body, indent=2, ensure_ascii=False),
        "may_publish": actor.may(Permission.POLICIES_PUBLISH),
        "publisher": accounts.user_names((row.published_by,)).get(row.published_by, "") if row.published_by else "",
        "words": words,
    }
    return render(request, "operator/policy.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def publish(request: Request, family: str, profile: str) -> HttpResponse:
    """Take a body, show what it would change, and publish it when that was confirmed."""
    actor = consoles.operator(request, needs=Permission.POLICIES_PUBLISH)
    newest = queries.newest_of_profile(family, profile)
    if newest is None or family not in families.ALL:
        raise NotVisible
    context: dict[str, Any] = {"newest": newest, "preview": None, "faults": (), "refused": "", "words": words}
    context["scopes"] = families.ALL[family].scopes
    context |= _typed(request, newest)
    if request.method != "POST":
        return render(request, "operator/policy_publish.html", context)
    try:
        draft = _draft(request, family, profile)
        expected = request.POST.get("confirm", "")
        if expected:
            name = services.publish(
                draft, expected_name=expected, actor=actor, now=request.now, real_now=clock.real_now()
            )
            return HttpResponseRedirect(reverse("operator-policy", kwargs={"name": name}))
        context["preview"] = services.preview(draft, actor=actor, now=request.now)
    except Refusal as refusal:
        context |= {"faults": refusal.faults, "refused": message_of(refusal)}
        return render(request, "operator/policy_publish.html", context, status=refusal.status)
    return render(request, "operator/policy_publish.html", context)


def _typed(request: Request, newest: queries.VersionRow) -> dict[str, str]:
    """Return what stands in the form: what was typed, else the newest version and the coming full hour."""
    hour = (request.now + timedelta(hours=1)).astimezone(SHANGHAI)
    return {
        "body": request.POST.get("body", json.dumps(newest.body, indent=2, ensure_ascii=False)),
        "effective_from": request.POST.get("effective_from", f"{hour:%Y-%m-%dT%H}:00"),
        "scope_kind": request.POST.get("scope_kind", newest.scope_kind),
        "scope_id": request.POST.get("scope_id", newest.scope_id),
    }


def _draft(request: Request, family: str, profile: str) -> services.Draft:
    """
    Read the form.

    :raises services.PublishRefused: the text is no JSON object or the time is no time.
    """
    faults = []
    body: Any = None
    effective_from: datetime | None = None
    text = request.POST.get("body", "")
    try:
        body = json.loads(text) if len(text) <= BODY_CHARS_MAX else None
    except (ValueError, RecursionError):
        faults.append(FieldFault(pointer="body", code="not_json"))
    if not faults and not isinstance(body, dict):
        faults.append(FieldFault(pointer="body", code="not_object"))
    try:
        typed = datetime.fromisoformat(request.POST.get("effective_from", ""))
        effective_from = typed if typed.tzinfo else typed.replace(tzinfo=SHANGHAI)
    except ValueError:
        faults.append(FieldFault(pointer="effective_from", code="not_time"))
    if faults or effective_from is None:
        raise services.PublishRefused(faults=tuple(faults))
    return services.Draft(
        family=family,
        profile=profile,
        scope_kind=request.POST.get("scope_kind", ""),
        scope_id=request.POST.get("scope_id", "").replace("\0", "").strip()[:40],
        effective_from=effective_from,
        body=body,
    )
