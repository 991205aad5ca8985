"""What the front door keeps between calls: caches of pure functions, bounded as `esign.io.verdicts` says."""

from typing import Final

from esign.io.verdicts import ParsedMaterial, SignerPaths, Verdicts
from esign.validation.policy import Policy

DEFAULT_POLICY: Final = Policy.default()
MATERIAL: Final = ParsedMaterial()
VERDICTS: Final = Verdicts()
SIGNER_PATHS: Final = SignerPaths(VERDICTS)
