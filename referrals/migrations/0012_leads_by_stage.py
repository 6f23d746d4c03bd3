from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("affiliates", "0010_partners_know_their_last_change"),
        ("referrals", "0011_attested_before_sales_moves_it"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(fields=["partner", "stage", "id"], name="lead_by_partner_and_stage"),
        ),
    ]
