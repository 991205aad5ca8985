"""What a rule of the lint looks at."""

from dataclasses import dataclass

from esign.ca.profile import Profile
from esign.x509 import Certificate


@dataclass(frozen=True, slots=True)
class Case:
    """What a rule looks at: a certificate (its signature not looked at), its profile, its issuer; None for a
    root.
    """

    certificate: Certificate
    profile: Profile
    issuer: Certificate | None

    @property
    def authority(self) -> Certificate:
        """The issuer's certificate; of a root its own."""
        return self.issuer or self.certificate
