"""What members of an alliance share: campaigns as STIX, a TAXII hub between them, what each sends and takes back.

``stix`` turns a campaign into standard objects, ``hub`` serves them, ``member`` publishes, pulls, retracts and
appeals, ``matching`` and ``joint`` find together what no member sees alone. Each is a front door of its own, since
a member needs no hub and a hub no run.
"""

__all__: list[str] = []
