"""SMTP as pure rules: ``grammar`` (commands), ``session`` (what is allowed when), ``data``, ``replies``.

Octets go in, frozen values come out; sockets and clocks are the listener's.
"""
