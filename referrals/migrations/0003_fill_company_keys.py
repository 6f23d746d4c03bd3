"""Gives the leads that are there what their companies are recognised by."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from referrals.companies import mail_domain, name_key


def fill(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    leads = apps.get_model("referrals", "Lead").objects.using(editor.connection.alias)
    for lead in leads.only("company", "email").iterator():
        leads.filter(pk=lead.pk).update(name_key=name_key(lead.company), mail_domain=mail_domain(lead.email))


class Migration(migrations.Migration):
    dependencies = [("referrals", "0002_recognising_companies")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
