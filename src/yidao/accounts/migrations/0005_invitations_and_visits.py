import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import yidao.kit.ids


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_phones_codes_and_messages"),
    ]

    operations = [
        migrations.AddField(
            model_name="organisation",
            name="closed_reason",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.CreateModel(
            name="Invitation",
            fields=[
                ("id", models.BigIntegerField(default=yidao.kit.ids.new_id, primary_key=True, serialize=False)),
                (
                    "role",
                    models.TextField(
                        choices=[
                            ("OWNER", "Owner"),
                            ("WAYBILLS", "Waybills"),
                            ("SERVICE", "Service"),
                            ("FINANCE", "Finance"),
                            ("WAREHOUSE", "Warehouse"),
                            ("CLERK", "Clerk"),
                            ("VIEWER", "Viewer"),
                        ]
                    ),
                ),
                ("name", models.TextField(blank=True, default="")),
                ("for_login", models.TextField(blank=True, default="")),
                ("token_sha256", models.BinaryField(max_length=32, null=True, unique=True)),
                ("created_by", models.BigIntegerField(blank=True, null=True)),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("accepted_at", models.DateTimeField(blank=True, null=True)),
                ("accepted_by", models.BigIntegerField(blank=True, null=True)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="invitations",
                        to="accounts.organisation",
                    ),
                ),
            ],
            options={
                "db_table": "invitation",
                "indexes": [
                    models.Index(
                        condition=models.Q(("accepted_at", None), ("revoked_at", None)),
                        fields=["organisation", "-id"],
                        name="invitations_that_wait",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("accepted_at", None), ("revoked_at", None), models.Q(("for_login", ""), _negated=True)
                        ),
                        fields=["for_login"],
                        name="invitations_for_a_login",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("for_login", ""), ("token_sha256__isnull", False)),
                            models.Q(models.Q(("for_login", ""), _negated=True), ("token_sha256", None)),
                            _connector="OR",
                        ),
                        name="invitation_has_a_link_or_a_login",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("accepted_at", None), ("accepted_by", None)),
                            models.Q(
                                ("accepted_at__isnull", False), ("accepted_by__isnull", False), ("revoked_at", None)
                            ),
                            _connector="OR",
                        ),
                        name="invitation_is_accepted_by_somebody_or_revoked",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SupportVisit",
            fields=[
                ("id", models.BigIntegerField(default=yidao.kit.ids.new_id, primary_key=True, serialize=False)),
                ("reason", models.TextField()),
                ("started_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="visits", to="accounts.organisation"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="visits", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "db_table": "support_visit",
                "indexes": [models.Index(fields=["organisation", "-id"], name="visits_of_organisation")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)), fields=("user",), name="one_visit_at_a_time"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="visit_has_a_reason"
                    ),
                ],
            },
        ),
    ]
