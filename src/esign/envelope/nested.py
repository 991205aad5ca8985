"""One envelope in another: what opens only with a classical and a post-quantum key of the same person.

Two RecipientInfos are alternatives: each opens alone. Here the inner envelope is for the classical key, the
outer one for ML-KEM, so that both must be broken to read the content.
"""

from collections.abc import Sequence

from esign import cms, der
from esign.cms import DATA
from esign.envelope.opening import AUTHENTICATED_CIPHERS, Decrypted, open_envelope
from esign.envelope.recipients import is_post_quantum
from esign.envelope.sealing import encrypt
from esign.enveloped import AUTH_ENVELOPED_DATA, RecipientKind, read_content, read_envelope
from esign.errors import MalformedInput, RecipientRefused
from esign.keys import OpeningKey
from esign.x509 import Certificate

_CLASSICAL = frozenset({RecipientKind.KEY_TRANSPORT, RecipientKind.KEY_AGREEMENT})


def protect_with_both(
    content: bytes,
    people: Sequence[tuple[Certificate, Certificate]],
    *,
    cipher: str = "aes-256-gcm",
    content_type: str = DATA,
    derive_key: bool = False,
) -> bytes:
    """An envelope for the ML-KEM keys of `people` that holds one for their classical keys, DER.

    Each of `people` is a pair: the certificate with RSA or a curve, then that with ML-KEM. Both envelopes are
    AuthEnvelopedData. `cipher`, `content_type` and `derive_key` as for `encrypt`.

    Raises:
        RecipientRefused: `recipient-key-kind` when a pair is not of the two kinds; those of `encrypt`.
        UnsupportedAlgorithm: `unsupported-algorithm`, also for CBC. ValueError: `people` is empty.
    """
    for classical, post_quantum in people:
        if is_post_quantum(classical) or not is_post_quantum(post_quantum):
            raise RecipientRefused("recipient-key-kind", subject=classical.subject.text)
    inner = encrypt(
        content,
        [pair[0] for pair in people],
        cipher=cipher,
        content_type=content_type,
        derive_key=derive_key,
    )
    # RFC 5652 §6.1: what is encrypted is the value of the inner content type, not its ContentInfo.
    _, value = cms.take_content(inner, AUTH_ENVELOPED_DATA)
    return encrypt(
        value.raw,
        [pair[1] for pair in people],
        cipher=cipher,
        content_type=AUTH_ENVELOPED_DATA,
        derive_key=derive_key,
    )


def open_with_both(data: bytes, keys: Sequence[OpeningKey]) -> Decrypted:
    """What `protect_with_both` closed, opened with both keys of one of its people.

    Raises:
        MalformedInput: `envelope-not-nested` when there is one envelope only, or it is not ML-KEM outside and
            a classical key inside; those of `decrypt`. NotARecipient, DecryptionFailed: as `decrypt`.
    """
    outer = open_envelope(read_envelope(data), keys, accepted=AUTHENTICATED_CIPHERS)
    if (
        outer.content_type != AUTH_ENVELOPED_DATA
        or outer.recipient.kind is not RecipientKind.KEY_ENCAPSULATION
    ):
        raise MalformedInput("envelope-not-nested", where="AuthEnvelopedData", found=outer.content_type)
    inner = read_content(outer.content_type, der.decode(outer.content))
    opened = open_envelope(inner, keys, accepted=AUTHENTICATED_CIPHERS)
    if opened.recipient.kind not in _CLASSICAL:
        raise MalformedInput(
            "envelope-not-nested", where="AuthEnvelopedData", found=opened.recipient.algorithm_name
        )
    return opened
