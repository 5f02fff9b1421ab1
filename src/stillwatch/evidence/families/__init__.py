"""The families of evidence, one a file; the folder is the list."""

__all__: list[str] = []
