from integrations.crm.models.connection import OUR_FIELDS, Connection, CrmKind
from integrations.crm.models.hook import Hook
from integrations.crm.models.lead_sync import LeadSync, SyncState

__all__ = ["OUR_FIELDS", "Connection", "CrmKind", "Hook", "LeadSync", "SyncState"]
