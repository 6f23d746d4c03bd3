from dataclasses import asdict

from django.db import transaction

from integrations.crm.models import Connection
from integrations.crm.vendors.common import CrmClient, Refused


def learn_stages(connection: Connection, client: CrmClient) -> None:
    """This function will read a CRM's pipelines and stages anew, so that one that was made or renamed there since has
    its name here, and can be mapped. What the CRM does not tell stays as it was.
    """
    try:
        pipelines = [asdict(pipeline) for pipeline in client.pipelines()]
    except Refused:
        return
    if not pipelines:
        return
    with transaction.atomic():
        kept = Connection.objects.select_for_update(no_key=True).get(pk=connection.pk)
        kept.choices = connection.choices = {**kept.choices, "pipelines": pipelines}
        kept.save(update_fields=["choices"])
