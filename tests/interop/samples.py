"""What we make, one sample of each kind: the rows of the matrix of signatures.

made = samples()
made["cades-b-lta"].signature
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache

from esign import asic, signing
from esign.algorithms import RSA_SHA256, SHA256, SHA512
from esign.cades import PROOF_OF_APPROVAL, Claims, SignaturePolicy, SignerLocation
from esign.ers import embed, stamp_many
from esign.keys import Signer
from esign.material import Material
from esign.testing import TestPKI
from esign.tsp import MessageImprint, TimeStamper, stamp

DOCUMENT = b"Salom, dunyo!\r\n" * 40
KEYS = ("p-256", "p-384", "p-521", "rsa-3072", "ed25519", "ml-dsa-44", "ml-dsa-65", "ml-dsa-87")
LEVELS = ("B-T", "B-LT", "B-LTA")


@dataclass(frozen=True, slots=True)
class Sample:
    """A signature, DER or BER; `content` are the octets it covers where they do not stand inside."""

    name: str
    signature: bytes
    content: bytes | None = None


@dataclass(frozen=True, slots=True)
class World:
    """Our authorities, born two days ago, and what stands there for every sample."""

    pki: TestPKI
    at: datetime
    tsa: TimeStamper

    @property
    def material(self) -> Material:
        """The lists of every authority, fresh."""
        return Material.read(self.pki.crls_at(datetime.now(UTC)))

    def signer(self, kind: str) -> Signer:
        """A person with a key of `kind`; `rsa-v1.5` is RSA that signs by PKCS#1 v1.5."""
        if kind == "rsa-v1.5":
            return replace(self.signer("rsa-3072"), scheme=RSA_SHA256)
        return self.pki.signer(f"Signer {kind.title()}", key=kind, email=f"{kind}@test.example")

    def raised(self, signed: bytes, level: str, document: bytes | None = None) -> bytes:
        """`signed` at `level`."""
        return signing.augment(
            signed,
            level,  # type: ignore[arg-type]
            tsa=self.tsa,
            at=datetime.now(UTC),
            trust=self.pki.trust,
            material=self.material,
            document=document,
        )


@cache
def world() -> World:
    """The one world of a run."""
    at = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=5)
    pki = TestPKI(at - timedelta(days=2))
    return World(pki, at, pki.time_stamper())


@cache
def samples() -> dict[str, Sample]:
    """Every kind of signature that we make, by name."""
    found = (*_keys(), *_levels(), *_forms(), *_several(), *_containers())
    return {one.name: one for one in found}


@cache
def tokens() -> dict[str, Sample]:
    """Every kind of time stamp that we make, with the document that it covers."""
    here = world()
    made = {f"time-stamp-{key}": _token(key) for key in ("p-256", "p-384", "rsa-3072", "ed25519")}
    made["time-stamp-sha512"] = stamp(MessageImprint(SHA512.identifier, SHA512.of(DOCUMENT)), here.tsa).raw
    held = asic.Container.open(
        asic.stamp({"a.txt": DOCUMENT}, lambda covered: _stamped(covered), at=here.at, container="asic-s")
    )
    made["asic-s-time-stamp"] = held.package.octets("META-INF/timestamp.tst", limit=1 << 20)
    return {name: Sample(name, token, DOCUMENT) for name, token in made.items()}


@cache
def forgeries() -> dict[str, Sample]:
    """What nobody may accept: content or attributes changed after the signature, and a stranger's root."""
    here, made = world(), samples()
    attached, detached = made["p-256-attached"].signature, made["p-256-detached"].signature
    stranger = TestPKI(here.at - timedelta(days=2)).signer("Signer Stranger")
    time = here.at.strftime("%y%m%d%H%M%SZ").encode()
    later = (here.at + timedelta(minutes=1)).strftime("%y%m%d%H%M%SZ").encode()
    found = (
        Sample("changed-content-attached", attached.replace(b"dunyo", b"Dunyo", 1)),
        Sample("changed-content-detached", detached, DOCUMENT.replace(b"dunyo", b"Dunyo", 1)),
        Sample("changed-attributes", attached.replace(time, later)),
        Sample("another-root", signing.sign(DOCUMENT, stranger, at=here.at)),
    )
    return {one.name: one for one in found}


def _token(key: str) -> bytes:
    here = world()
    tsa = here.pki.time_stamper(issued=here.at, key=key, name=f"TSA {key}")
    return stamp(MessageImprint.of(DOCUMENT), tsa).raw


def _stamped(covered: bytes) -> bytes:
    return stamp(MessageImprint.of(covered), world().tsa).raw


def _keys() -> tuple[Sample, ...]:
    here = world()
    made = []
    for kind in (*KEYS[:4], "rsa-v1.5", *KEYS[4:]):
        signer = here.signer(kind)
        name = "rsa-pss" if kind == "rsa-3072" else kind
        made.append(Sample(f"{name}-attached", signing.sign(DOCUMENT, signer, at=here.at)))
        made.append(
            Sample(f"{name}-detached", signing.sign(DOCUMENT, signer, at=here.at, detached=True), DOCUMENT)
        )
    return tuple(made)


def _levels() -> tuple[Sample, ...]:
    here, made = world(), []
    for kind in ("p-256", "rsa-v1.5"):
        whole = signing.sign(DOCUMENT, here.signer(kind), at=here.at)
        apart = signing.detach(whole)[0]
        for level in LEVELS:
            whole = here.raised(whole, level)
            apart = here.raised(apart, level, DOCUMENT)
            made.append(Sample(f"{kind}-{level}-attached", whole))
            made.append(Sample(f"{kind}-{level}-detached", apart, DOCUMENT))
        made.append(Sample(f"{kind}-renewed", here.raised(whole, "B-LTA")))
    for kind in ("p-384", "ed25519", "ml-dsa-65"):
        alone = signing.sign(DOCUMENT, here.signer(kind), at=here.at)
        made.append(Sample(f"{kind}-B-LTA-attached", here.raised(alone, "B-LTA")))
    return tuple(made)


def _forms() -> tuple[Sample, ...]:
    here, signer = world(), world().signer("p-256")
    streamed = b"".join(signing.sign_stream((DOCUMENT[:100], DOCUMENT[100:]), signer, at=here.at))
    claims = Claims(
        commitments=(PROOF_OF_APPROVAL,),
        roles=("director",),
        location=SignerLocation(country="UZ", locality="Toshkent"),
        policy=SignaturePolicy.of("2.999.7", b"the policy", SHA256, uri="https://test.example/policy"),
        mime_type="text/plain",
    )
    claimed = signing.sign(DOCUMENT, signer, at=here.at, claims=claims)
    signed = here.raised(signing.sign(DOCUMENT, signer, at=here.at), "B-T")
    (record,) = stamp_many([SHA256.of(signed)], here.tsa)
    return (
        Sample("streamed", streamed),
        Sample("claims", claimed),
        Sample("evidence-record", embed(signed, record.raw)),
        Sample("empty", signing.sign(b"", signer, at=here.at)),
    )


def _several() -> tuple[Sample, ...]:
    here = world()
    first, second, third = (here.signer(kind) for kind in ("p-256", "rsa-v1.5", "ml-dsa-65"))
    alone = signing.sign(DOCUMENT, first, at=here.at)
    both = signing.add_signer(alone, second, at=here.at)
    hybrid = signing.add_signer(alone, third, at=here.at)
    return (
        Sample("two-signers", both),
        Sample("hybrid", hybrid),
        Sample("countersigned", signing.countersign(alone, second, at=here.at)),
        Sample("two-signers-B-LTA", here.raised(both, "B-LTA")),
        Sample("hybrid-B-LTA", here.raised(hybrid, "B-LTA")),
        Sample("countersigned-B-LTA", here.raised(signing.countersign(alone, second, at=here.at), "B-LTA")),
    )


def _containers() -> tuple[Sample, ...]:
    here, signer = world(), world().signer("p-256")

    def sign(covered: bytes) -> bytes:
        signed = signing.sign(covered, signer, at=here.at, detached=True)
        return here.raised(signed, "B-LTA", covered)

    simple = asic.Container.open(asic.make({"a.txt": DOCUMENT}, sign, at=here.at, container="asic-s"))
    several = asic.Container.open(asic.make({"a.txt": DOCUMENT, "b.txt": b"b"}, sign, at=here.at))
    manifest = several.package.octets("META-INF/ASiCManifest001.xml", limit=1 << 20)
    return (
        Sample("asic-s", simple.package.octets("META-INF/signature.p7s", limit=1 << 20), DOCUMENT),
        Sample("asic-e", several.package.octets("META-INF/signature001.p7s", limit=1 << 20), manifest),
    )
