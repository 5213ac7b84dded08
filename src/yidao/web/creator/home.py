"""The creator's home page: where parcels stand, what is wrong, by which shop, and how it went over the last days."""

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from yidao.accounts.ids import CreatorId
from yidao.parcels import nudge_queries, standings
from yidao.web.shared import consoles, homes, nudge_words
from yidao.web.shared.requests import Request


def places(creator: CreatorId | None) -> homes.Places:
    """Return where the numbers of a creator lead."""
    at = {"creator": creator}
    return homes.Places(
        home=reverse("creator-home", kwargs=at),
        parcels=reverse("creator-parcels", kwargs=at),
        anomalies=reverse("creator-anomalies", kwargs=at),
        ranking=reverse("creator-shops", kwargs=at),
    )


@require_safe
def index(request: Request, creator: CreatorId | None) -> HttpResponse:
    """Show the figures of everything the creator promoted."""
    actor = consoles.creator(request, creator)
    where = places(creator)

    def worst(days: int) -> homes.Part:
        ranking = standings.shops(actor=actor, days=days, now=request.now)
        return homes.worst_shops(ranking, where, homes.first_day(days, request.now))

    def nudges(days: int) -> homes.Part:
        counts = nudge_queries.counts(actor=actor, now=request.now)
        address = reverse("creator-nudges", kwargs={"creator": creator})
        return homes.threads(counts, nudge_words.NUDGE_STATE, gettext("Stepping in"), address)

    return homes.render(request, homes.build(request, actor, where, worst, nudges))
