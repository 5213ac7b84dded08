"""What we change in django-allauth: nobody signs up alone, and guessing is counted in the database."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Login by name or e-mail address and password; accounts are made by organisations, never by visitors."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Refuse every sign-up."""
        return False
