"""What the front door shows: the pure acts with clock, files and fetching supplied.

Everything below takes bytes and a time and returns values; here `at=None` reads the clock, files are read and
written, and `fetch` answers the needs of a report in bounded rounds. Input is told apart by its form: DER or
PEM of CMS, a message of S/MIME, or a container.
"""

from esign.api.envelopes import decrypt, encrypt
from esign.api.paths import validate_path
from esign.api.signing import sign
from esign.api.verifying import attached_content, verify

__all__ = ["attached_content", "decrypt", "encrypt", "sign", "validate_path", "verify"]
