"""What members of an alliance share: campaigns as STIX, a TAXII hub between them, what each sends and takes back.

``stix`` turns a campaign into standard objects, ``hub`` serves them, ``member`` publishes, pulls, retracts and
appeals, ``store`` is a member's file. Each is a front door of its own, since a member needs no hub and a hub no run.
What members find together without telling it is ``stillwatch.rounds``.
"""

__all__: list[str] = []
