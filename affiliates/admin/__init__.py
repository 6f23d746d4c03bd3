from affiliates.admin import agreement, application, fact_batch, partner, payee, program

__all__ = ["agreement", "application", "fact_batch", "partner", "payee", "program"]
