"""What joins packages outside a scan: audits, a campaign's indicators, suspects, rounds, the gateway's snapshot.

Import what you need from its modules.
"""

__all__: list[str] = []
