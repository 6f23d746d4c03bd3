from decimal import Decimal

from django.db import migrations

# Appendix B of the Agreement: 20 % of the month's MRR below $5,000, 30 % from $5,000.
TIERS = ((Decimal("0.00"), Decimal("0.20")), (Decimal("5000.00"), Decimal("0.30")))


def make_standard_plan(apps, schema_editor):
    plan = apps.get_model("commissions", "Plan").objects.create(name="Standard plan (appendix B)", is_standard=True)
    for threshold, rate in TIERS:
        apps.get_model("commissions", "Tier").objects.create(plan=plan, threshold=threshold, rate=rate)


class Migration(migrations.Migration):
    """There is no way back but that of 0001: the rows of a plan can only be added."""

    dependencies = [("commissions", "0001_initial")]
    operations = [migrations.RunPython(make_standard_plan, migrations.RunPython.noop)]
