"""Ending a support visit; it begins at the organisation that is visited."""

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from yidao.accounts import visits
from yidao.kit import clock, db
from yidao.web.shared import consoles
from yidao.web.shared.requests import Request, user_id


@require_POST
def end(request: Request) -> HttpResponse:
    """End the operator's open visit and lead back to whom it was made."""
    actor = consoles.operator(request)
    real_now = clock.real_now()
    found = visits.open_visit(user_id=user_id(request), real_now=real_now)
    with db.transaction(actor):
        visits.end(actor=actor, now=request.now, real_now=real_now)
    if found is None:
        return HttpResponseRedirect(reverse("operator-organisations"), status=303)
    address = reverse("operator-organisation", kwargs={"organisation": found.organisation_id})
    return HttpResponseRedirect(address, status=303)
