"""Private rounds, experimental: providers find together what none sees alone, and tell each other no identifier.

``messages`` is all that goes over the wire, ``relay`` the hub's part, ``matching`` a member's: private matching by a
verifiable oblivious function (VOPRF) under every member's key. ``joint`` tests what was matched on one's own log. The
hub needs the extra ``alliance`` alone, a member ``rounds``: each is a front door of its own.
"""

__all__: list[str] = []
