from affiliates.admin import agreement, fact_batch, partner, payee, program

__all__ = ["agreement", "fact_batch", "partner", "payee", "program"]
