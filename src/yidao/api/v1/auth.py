"""Bearer tokens: who asks, and whether the credential has the scope that is needed."""

from typing import Final

from django.http import HttpRequest
from ninja.security import HttpBearer

from yidao.accounts import access, queries
from yidao.accounts.actors import Actor
from yidao.kit.errors import Forbidden, Refusal

PARCELS_READ: Final = "parcels:read"
ORDERS_READ: Final = "orders:read"
ORDERS_WRITE: Final = "orders:write"
CHALLENGE: Final = 'Bearer realm="yidao"'


class TokenRefused(Refusal):
    """There is no such token, or it was taken back."""

    code = "auth.invalid"
    status = 401
    message = "A valid bearer token is needed."


class ScopeMissing(Forbidden):
    """The credential may not do this."""

    code = "auth.scope"
    message = "The credential lacks the scope %(scope)s."


class Bearer(HttpBearer):
    """Finds the credential of a token and asks for a scope; the whole token is compared in constant time."""

    def __init__(self, scope: str = PARCELS_READ) -> None:
        super().__init__()
        self._scope = scope

    def authenticate(self, request: HttpRequest, token: str) -> Actor:
        """
        Return the actor of a token.

        :raises TokenRefused: it opens nothing.
        :raises ScopeMissing: it may not do this.
        """
        facts = queries.credential_by_token(token)
        if facts is None or not facts.is_active:
            raise TokenRefused(headers={"WWW-Authenticate": CHALLENGE})
        if self._scope not in facts.scopes:
            raise ScopeMissing(scope=self._scope)
        return access.actor_for_credential(facts)


def actor_of(request: HttpRequest) -> Actor:
    """Return the actor that `Bearer` found; an endpoint without one is a bug."""
    actor = getattr(request, "auth", None)
    assert isinstance(actor, Actor), "the endpoint is behind Bearer"
    return actor
