"""What a shop sets for its orders (店铺设置): when it is warned before D, and how often it hears what happened."""

from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext, gettext_noop, ngettext
from django.views.decorators.http import require_http_methods

from yidao.accounts.actors import Actor, Permission
from yidao.accounts.ids import ShopId
from yidao.kit import clock
from yidao.kit.errors import Refusal
from yidao.orders import choosing, warnings
from yidao.orders.settings import Settings
from yidao.rules import warning
from yidao.rules.warning import Step, StepFault, Unit
from yidao.web.shared import consoles
from yidao.web.shared.faults import message_of
from yidao.web.shared.requests import Request

TEMPLATE: Final = "merchant/settings.html"
MINUTES_PER_HOUR: Final = 60
DIGITS_MAX: Final = 5
_UNITS: Final = {
    "percent": gettext_noop("percent of the promised time over"),
    "hours": gettext_noop("hours left"),
    "minutes": gettext_noop("minutes left"),
}
_FAULTS: Final = {
    StepFault.UNREADABLE.value: gettext_noop("A warning needs a whole number: 1 to 99 percent, or hours or minutes."),
    StepFault.TOO_FAR.value: gettext_noop("A warning lies too far before the latest ship time."),
    StepFault.TWICE.value: gettext_noop("The same warning stands there twice."),
    StepFault.TOO_MANY.value: gettext_noop("These are too many warnings."),
    "OUT_OF_RANGE": gettext_noop("Choose one of the lengths offered."),
}


def routes(prefix: str) -> list[URLPattern]:
    """Return the addresses of the shop's settings."""
    return [path(f"{prefix}settings/", index, name="merchant-settings")]


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: Request, shop: ShopId) -> HttpResponse:
    """Show the settings; take over what an owner chooses."""
    actor = consoles.merchant(request, shop)
    refused: Refusal | None = None
    if request.method == "POST":
        try:
            _choose(request, actor, shop)
        except (choosing.SettingsRefused, choosing.SettingsChanged) as refusal:
            refused = refusal
        else:
            messages.success(request, gettext("The settings were saved."))
            return HttpResponseRedirect(reverse("merchant-settings", kwargs={"shop": shop}), status=303)
    held = choosing.of_shop(actor=actor, shop_id=shop, now=request.now)
    return render(request, TEMPLATE, _context(request, actor, held, refused), status=refused.status if refused else 200)


def _choose(request: Request, actor: Actor, shop: ShopId) -> None:
    form = request.POST
    round_hours, seen = (form.get(name, "") for name in ("round", "version"))
    choosing.choose(
        actor=actor,
        shop_id=shop,
        steps=[_stored(value, unit) for value, unit in _typed(request) if value],
        notice_round_hours=_number(round_hours),
        seen_version=_number(seen),
        now=request.now,
        real_now=clock.real_now(),
    )


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= DIGITS_MAX else 0


def _typed(request: Request) -> list[tuple[str, str]]:
    values, units = request.POST.getlist("step"), request.POST.getlist("unit")
    return [(value.strip(), unit) for value, unit in zip(values, units, strict=False)]


def _stored(value: str, unit: str) -> str:
    """Return a typed step as the rule reads it; what is no number stays unreadable."""
    if unit == "hours" and _number(value):
        return str(Step(Unit.MINUTES, _number(value) * MINUTES_PER_HOUR))
    return f"{value}%" if unit == "percent" else f"{value}m"


def _shown(step: Step) -> tuple[str, str]:
    if step.unit is Unit.PERCENT:
        return str(step.value), "percent"
    if step.value % MINUTES_PER_HOUR:
        return str(step.value), "minutes"
    return str(step.value // MINUTES_PER_HOUR), "hours"


def _context(request: Request, actor: Actor, held: Settings, refused: Refusal | None) -> dict[str, Any]:
    rows = _typed(request) if refused else [_shown(each) for each in held.warn_steps]
    empty = ("", "hours")
    return {
        "held": held,
        "rows": [*rows, *[empty] * held.policy.steps_max][: max(held.policy.steps_max, len(rows))],
        "units": [(name, gettext(words)) for name, words in _UNITS.items()],
        "rounds": [(str(each), _hours(each)) for each in warning.NOTICE_ROUND_HOURS],
        "round": request.POST.get("round", "") if refused else str(held.notice_round_hours),
        "steps": [warnings.step_words(each) for each in held.warn_steps],
        "round_words": _hours(held.notice_round_hours),
        "default": [warnings.step_words(each) for each in held.policy.steps],
        "may_choose": actor.may(Permission.SHOP_SETTINGS) and not actor.is_visiting,
        "refused": message_of(refused) if refused else "",
        "faults": [gettext(_FAULTS[each.code]) for each in refused.faults] if refused else (),
    }


def _hours(count: int) -> str:
    return ngettext("every hour", "every %(count)d hours", count) % {"count": count}
