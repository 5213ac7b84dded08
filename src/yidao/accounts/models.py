"""People, organisations, memberships, API credentials, and what guards the login. No personal data beyond a name."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from yidao.kit import ids


class UserManager(BaseUserManager["User"]):
    """Finds users by their lower-case login."""

    def get_by_natural_key(self, username: str | None) -> "User":
        """Return the user of a login, whatever its case."""
        return self.get(login=(username or "").strip().lower())


class User(AbstractBaseUser):
    """A person who may log in; what they may see is decided by memberships alone."""

    class Language(models.TextChoices):
        """Languages of the pages."""

        CHINESE = "zh-hans", "中文"
        ENGLISH = "en", "English"

    id = models.BigIntegerField(primary_key=True, default=ids.new_id)
    login = models.TextField(unique=True)
    name = models.TextField()
    language = models.TextField(choices=Language.choices, blank=True, default="")
    is_active = models.BooleanField(default=True)
    disabled_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "login"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        db_table = "account_user"
        constraints = [
            models.CheckConstraint(condition=Q(login=Lower("login")), name="login_is_lower_case"),
            models.CheckConstraint(
                condition=Q(is_active=True, disabled_at=None) | Q(is_active=False, disabled_at__isnull=False),
                name="user_is_active_or_says_since_when_not",
            ),
        ]

    def clean(self) -> None:
        """Keep the login as typed by its owner, in lower case."""
        self.login = self.login.strip().lower()

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Nobody holds Django's own permissions; access is decided in `accounts.access`."""
        return False


class Organisation(models.Model):
    """A shop, creator, carrier, outlet, provider, or the platform itself: what a tenant is."""

    class Kind(models.TextChoices):
        """Kinds of tenant."""

        SHOP = "SHOP"
        CREATOR = "CREATOR"
        CARRIER = "CARRIER"
        OUTLET = "OUTLET"
        PROVIDER = "PROVIDER"
        PLATFORM = "PLATFORM"

    id = models.BigIntegerField(primary_key=True, default=ids.new_id)
    kind = models.TextField(choices=Kind.choices)
    name = models.TextField()
    name_pinyin = models.TextField(blank=True, default="")
    name_initials = models.TextField(blank=True, default="", db_default="")
    name_grams = ArrayField(models.TextField(), blank=True, default=list, db_default=[])
    carrier_code = models.TextField(blank=True, default="")
    source_code = models.TextField(blank=True, default="")
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="outlets")
    is_active = models.BooleanField(default=True)
    closed_reason = models.TextField(blank=True, default="", db_default="")
    created_at = models.DateTimeField()

    class Meta:
        db_table = "organisation"
        constraints = [
            models.CheckConstraint(
                condition=~Q(kind__in=["CARRIER", "OUTLET"]) | ~Q(carrier_code=""),
                name="carrier_and_outlet_name_their_carrier",
            ),
            models.CheckConstraint(
                condition=Q(kind="OUTLET", parent__isnull=False) | (~Q(kind="OUTLET") & Q(parent=None)),
                name="outlets_and_only_outlets_have_a_parent",
            ),
            models.UniqueConstraint(
                fields=["carrier_code"], condition=Q(kind="CARRIER"), name="one_head_office_per_carrier"
            ),
        ]
        indexes = [GinIndex(fields=["name_grams"], name="organisation_by_parts_of_name")]


class Membership(models.Model):
    """A user's role in an organisation; disabled rows stay as history and open nothing."""

    class Role(models.TextChoices):
        """What a member does there; `access.PERMISSIONS` says what that allows. Clerks work for the platform alone."""

        OWNER = "OWNER"
        WAYBILLS = "WAYBILLS"
        SERVICE = "SERVICE"
        FINANCE = "FINANCE"
        WAREHOUSE = "WAREHOUSE"
        CLERK = "CLERK"
        VIEWER = "VIEWER"

    id = models.BigIntegerField(primary_key=True, default=ids.new_id)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="memberships")
    role = models.TextField(choices=Role.choices)
    joined_at = models.DateTimeField(null=True, blank=True)
    disabled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "membership"
        constraints = [
            models.UniqueConstraint(
                fields=["user", "organisation"], condition=Q(disabled_at=None), name="one_live_role_per_organisation"
            )
        ]


class Credential(models.Model):
    """A machine's key to the API; only a digest of the token is kept."""

    id = models.BigIntegerField(primary_key=True, default=ids.new_id)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="credentials")
    name = models.TextField()
    token_prefix = models.TextField(unique=True)
    token_sha256 = models.BinaryField(max_length=32)
    scopes = ArrayField(models.TextField())
    push_secret_encrypted = models.BinaryField(null=True, blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "credential"


class LoginFailure(models.Model):
    """Failed attempts counted per key ("login:..." as a digest, or "address:..."); one row per key, reset by time."""

    key = models.TextField(primary_key=True)
    window_started_at = models.DateTimeField()
    failure_count = models.IntegerField()
    locked_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "login_failure"
        constraints = [models.CheckConstraint(condition=Q(failure_count__gte=0), name="login_failures_are_counted_up")]


class Invitation(models.Model):
    """
    A place in an organisation that waits for somebody: for whoever holds the link, of which only a digest is kept, or
    for one login, who finds it after logging in.
    """

    id = models.BigIntegerField(primary_key=True, default=ids.new_id)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="invitations")
    role = models.TextField(choices=Membership.Role.choices)
    name = models.TextField(blank=True, default="")
    for_login = models.TextField(blank=True, default="")
    token_sha256 = models.BinaryField(max_length=32, null=True, unique=True)
    created_by = models.BigIntegerField(null=True, blank=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.BigIntegerField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "invitation"
        constraints = [
            models.CheckConstraint(
                condition=Q(for_login="", token_sha256__isnull=False) | (~Q(for_login="") & Q(token_sha256=None)),
                name="invitation_has_a_link_or_a_login",
            ),
            models.CheckConstraint(
                condition=Q(accepted_at=None, accepted_by=None)
                | Q(accepted_at__isnull=False, accepted_by__isnull=False, revoked_at=None),
                name="invitation_is_accepted_by_somebody_or_revoked",
            ),
        ]
        indexes = [
            models.Index(
                fields=["organisation", "-id"],
                condition=Q(accepted_at=None, revoked_at=None),
                name="invitations_that_wait",
            ),
            models.Index(
                fields=["for_login"],
                condition=Q(accepted_at=None, revoked_at=None) & ~Q(for_login=""),
                name="invitations_for_a_login",
            ),
        ]


class SupportVisit(models.Model):
    """An operator's look into an organisation's console; it ends by itself in real time."""

    id = models.BigIntegerField(primary_key=True, default=ids.new_id)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="visits")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="visits")
    reason = models.TextField()
    started_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "support_visit"
        constraints = [
            models.UniqueConstraint(fields=["user"], condition=Q(ended_at=None), name="one_visit_at_a_time"),
            models.CheckConstraint(condition=~Q(reason=""), name="visit_has_a_reason"),
        ]
        indexes = [models.Index(fields=["organisation", "-id"], name="visits_of_organisation")]


# Django looks for models here.
from yidao.accounts.phone_models import Phone as Phone  # noqa: E402
