import django.contrib.postgres.fields
import django.contrib.postgres.indexes
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_people_and_organisations")]

    operations = [
        migrations.AddField(
            model_name="organisation",
            name="name_initials",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AddField(
            model_name="organisation",
            name="name_grams",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.TextField(), blank=True, db_default=[], default=list, size=None
            ),
        ),
        migrations.AddField(
            model_name="membership", name="joined_at", field=models.DateTimeField(blank=True, null=True)
        ),
        migrations.AlterField(
            model_name="membership",
            name="role",
            field=models.TextField(
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
        migrations.AddIndex(
            model_name="organisation",
            index=django.contrib.postgres.indexes.GinIndex(fields=["name_grams"], name="organisation_by_parts_of_name"),
        ),
    ]
