"""Published policy versions: append-only, so that every outcome can name the numbers it was made with."""

from django.db import models
from django.db.models import Q

from yidao.kit import ids


class PolicyVersion(models.Model):
    """One published version; `effective_from` null means published but not in force."""

    class Scope(models.TextChoices):
        """Whom a version binds; the most special one wins."""

        PLATFORM = "PLATFORM"
        CARRIER = "CARRIER"
        SHOP = "SHOP"

    id = models.BigIntegerField(primary_key=True, default=ids.new_id)
    family = models.TextField()
    profile = models.TextField()
    version = models.IntegerField()
    name = models.TextField(unique=True)
    scope_kind = models.TextField(choices=Scope.choices)
    scope_id = models.TextField(blank=True, default="")
    effective_from = models.DateTimeField(null=True, blank=True)
    body = models.JSONField()
    sha256 = models.TextField()
    published_at = models.DateTimeField()
    published_by = models.BigIntegerField(null=True, blank=True)

    class Meta:
        db_table = "policy_version"
        constraints = [
            models.UniqueConstraint(fields=["family", "profile", "version"], name="policy_versions_count_up"),
            models.CheckConstraint(condition=Q(version__gte=1), name="policy_versions_start_at_one"),
            models.CheckConstraint(
                condition=Q(scope_kind="PLATFORM", scope_id="") | (~Q(scope_kind="PLATFORM") & ~Q(scope_id="")),
                name="only_the_platform_scope_has_no_id",
            ),
        ]
