"""The certificate authority, pure: request, profile, lint before signing, register of events, revocation
lists.

It refuses to sign what it did not lint, to hand out what it did not store, and to make a key that signs for a
person. Folders, clocks and doors stand in `esign.io`.
"""
