"""Finding together what none sees alone: sharing, private matching, joint detection."""

__all__: list[str] = []
