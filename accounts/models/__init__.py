from accounts.models.api_key import ApiKey, Scope
from accounts.models.audit_entry import AuditEntry
from accounts.models.audit_seal import AuditSeal
from accounts.models.kept_answer import KeptAnswer
from accounts.models.user import User
from accounts.rights import Role

__all__ = ["ApiKey", "AuditEntry", "AuditSeal", "KeptAnswer", "Role", "Scope", "User"]
