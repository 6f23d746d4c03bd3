from datetime import date

from django.db import migrations
from django.utils import timezone

FIRST = date(1900, 1, 1)
CODES = (
    ("expense", "6100", "Partner commissions"),
    ("adjustments", "6110", "Commission adjustments"),
    ("payable", "2100", "Commissions payable"),
    ("bank", "1000", "Bank"),
)


def give_codes(apps, schema_editor):
    AccountCode = apps.get_model("payouts", "AccountCode")
    for account, code, name in CODES:
        AccountCode.objects.create(
            account=account, code=code, name=name, first_month=FIRST, given_by=None, given_at=timezone.now()
        )


class Migration(migrations.Migration):
    """There is no way back but that of 0004: codes can only be added."""

    dependencies = [("payouts", "0004_the_books")]
    operations = [migrations.RunPython(give_codes, migrations.RunPython.noop)]
