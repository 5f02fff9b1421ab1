"""What joins packages outside a scan: audits, indicators of a campaign, suspects, the gateway's snapshot.

Import what you need from its modules.
"""

__all__: list[str] = []
