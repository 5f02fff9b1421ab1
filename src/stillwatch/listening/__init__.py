"""What every server of Stillwatch has in common: where it listens, how it ends, who makes way where too many come."""

from stillwatch.listening.room import make_room, next_number, peer_address
from stillwatch.listening.server import Server, address_url, in_thread, listen, settle

__all__ = ["Server", "address_url", "in_thread", "listen", "make_room", "next_number", "peer_address", "settle"]
