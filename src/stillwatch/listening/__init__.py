"""What every server of Stillwatch has in common: where it listens, how it ends, who makes way where too many come.

``Requests`` is how those that read by h11 do so.
"""

from stillwatch.listening.requests import Requests
from stillwatch.listening.room import make_room, next_number, peer_address
from stillwatch.listening.server import Server, address_url, in_thread, listen, settle

__all__ = ["Requests", "Server", "address_url", "in_thread", "listen"]
__all__ += ["make_room", "next_number", "peer_address", "settle"]
