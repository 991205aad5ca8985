"""What a door of the node gives to those who knock: sizes in octets, times in seconds."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What one connection and one door may use. Sizes in octets, times in seconds.

    `idle` is the patience with a silent peer; content may take `idle` and then a second for each `pace`
    octets. `commands` counts between two letters. `content` is what the connections of a door may hold of
    unfinished letters. A failed login is answered after `penalty`, the second of a host after twice that,
    and so on; the last of `logins` on a connection closes it.
    """

    message_size: int = 33_554_432
    recipients: int = 100
    idle: float = 60.0
    pace: int = 1024
    session: float = 3600.0
    content: int = 536_870_912
    connections: int = 500
    connections_per_host: int = 50
    commands: int = 1000
    logins: int = 3
    errors: int = 20
    penalty: float = 0.5
