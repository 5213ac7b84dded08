"""Files in the database: what is known of each, and its encrypted pieces."""

import django.db.models.deletion
from django.db import migrations, models

import yidao.kit.ids


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="StoredFile",
            fields=[
                ("id", models.BigIntegerField(default=yidao.kit.ids.new_id, primary_key=True, serialize=False)),
                ("name", models.TextField()),
                ("content_type", models.TextField()),
                ("size_bytes", models.BigIntegerField()),
                ("chunk_count", models.IntegerField()),
                ("sha256", models.BinaryField(max_length=32)),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
            ],
            options={
                "db_table": "stored_file",
                "indexes": [models.Index(fields=["expires_at"], name="files_by_end_of_life")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("size_bytes__gte", 0)), name="files_are_not_smaller_than_nothing"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="FileChunk",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "file_id", "ordinal", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("ordinal", models.IntegerField()),
                ("body_encrypted", models.BinaryField()),
                (
                    "file",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="chunks",
                        to="files.storedfile",
                    ),
                ),
            ],
            options={
                "db_table": "file_chunk",
            },
        ),
        # Encrypted bytes cannot be compressed; without this the server tries each time.
        migrations.RunSQL(
            "ALTER TABLE file_chunk ALTER COLUMN body_encrypted SET STORAGE EXTERNAL", migrations.RunSQL.noop
        ),
    ]
