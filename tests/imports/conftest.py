from tests.imports.folder import folder

__all__ = ["folder"]
