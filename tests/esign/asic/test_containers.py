"""Containers made and judged: what a signature covers, and what becomes of it when the container lacks it."""

import base64
import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import cache

import pytest

from esign import asic, signing
from esign.algorithms import SHA1, SHA256
from esign.asic.manifest import DataObject, Manifest, encode
from esign.asic.zipping import Writer
from esign.content import Content
from esign.errors import EsignError, LimitExceeded, MalformedInput
from esign.findings import Indication, SubIndication
from esign.material import Material
from esign.testing import TestPKI
from esign.validation.policy import Limits, Policy
from esign.validation.report import Report
from tests.esign import bombs

REPORT, TABLE = b"%PDF-1.7 a report", b"a;b\r\n1;2\r\n"
DOCUMENTS = {"report.pdf": REPORT, "\u0436\u0430\u0434\u0432\u0430\u043b.csv": TABLE}
MANIFEST, SIGNATURE = "META-INF/ASiCManifest001.xml", "META-INF/signature001.p7s"


@cache
def pki() -> TestPKI:
    return TestPKI()


def signs(name: str = "Aliyev A.") -> Callable[[bytes], bytes]:
    signer = pki().signer(name)
    return lambda content: signing.sign(content, signer, at=pki().at, detached=True)


@cache
def extended() -> bytes:
    return asic.make(DOCUMENTS, signs(), at=pki().at)


@cache
def simple() -> bytes:
    return asic.make({"report.pdf": REPORT}, signs(), at=pki().at, container="asic-s")


def judge(container: bytes, *, policy: Policy | None = None, document: bytes | None = None) -> Report:
    material, content = Material.read(pki().crls), None if document is None else Content.of(document)
    return asic.verify(
        container, trust=pki().trust, at=pki().at, material=material, policy=policy, document=content
    )


def verdict(container: bytes) -> tuple[Indication, SubIndication | None]:
    report = judge(container)
    return report.indication, report.sub_indication


def codes(report: Report) -> set[str]:
    of_signatures = {f.code for signature in report.signatures for f in signature.findings}
    return of_signatures | {f.code for f in report.findings}


def files(container: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(container)) as package:
        return {name: package.read(name) for name in package.namelist()}


def packed(found: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    writer = Writer(out, pki().at)
    for name, content in found.items():
        writer.add(name, content, stored=name == "mimetype")
    writer.close()
    return out.getvalue()


def changed(container: bytes, **changes: bytes | None) -> bytes:
    """The container with files changed, or left out (None)."""
    found: dict[str, bytes | None] = {**files(container), **changes}
    return packed({name: content for name, content in found.items() if content is not None})


# --- what is sound ---


@pytest.mark.parametrize("container", [extended, simple], ids=["asic-e", "asic-s"])
def test_what_is_made_passes(container: Callable[[], bytes]) -> None:
    report = judge(container())
    assert verdict(container()) == (Indication.TOTAL_PASSED, None)
    assert [signature.crypto for signature in report.signatures] == ["valid"]
    assert codes(report) & {"container-mimetype", "container-file-not-signed"} == set()
    assert asic.looks_like_container(container())


def test_the_first_file_is_the_stored_mimetype() -> None:
    assert extended()[30:38] == b"mimetype"
    assert extended()[38:].startswith(b"application/vnd.etsi.asic-e+zip")


def test_the_report_says_which_files_a_signature_covers() -> None:
    (signature,) = judge(extended()).signatures
    told = {f.code: dict(f.values) for f in signature.findings}
    assert told["container-signature"]["files"] == ", ".join(DOCUMENTS)


def test_several_documents_of_asic_s_lie_in_a_package_of_their_own() -> None:
    container = asic.make(DOCUMENTS, signs(), at=pki().at, container="asic-s")
    assert verdict(container) == (Indication.TOTAL_PASSED, None)
    assert files(files(container)["package.zip"]) == DOCUMENTS


def test_a_second_signature_stands_beside_the_first() -> None:
    both = asic.add_signature(extended(), signs("Karimov K."), at=pki().at)
    report = judge(both)
    assert [s.signer.name for s in report.signatures if s.signer] == ["Aliyev A.", "Karimov K."]
    assert report.indication is Indication.TOTAL_PASSED
    assert {name: files(both)[name] for name in files(extended())} == files(extended())


def test_signatures_are_exchanged_for_better_ones() -> None:
    seen: list[tuple[bytes, bytes]] = []

    def better(signature: bytes, content: bytes) -> bytes:
        seen.append((signature, content))
        return signs("Karimov K.")(content)

    for container, covered in ((extended(), files(extended())[MANIFEST]), (simple(), REPORT)):
        report = judge(asic.exchange(container, better, at=pki().at))
        assert [s.signer.name for s in report.signatures if s.signer] == ["Karimov K."]
        assert report.indication is Indication.TOTAL_PASSED
        assert seen[-1][1] == covered


def test_a_container_with_a_time_stamp_alone_holds_no_signature() -> None:
    for container in ("asic-s", "asic-e"):
        made = asic.stamp(DOCUMENTS, lambda content: b"token", at=pki().at, container=container)  # type: ignore[arg-type]
        report = judge(made)
        assert (report.indication, report.signatures) == (Indication.INDETERMINATE, ())
        assert "no-signature-found" in codes(report)


# --- what the container lacks ---


def test_a_changed_file_fails() -> None:
    for container in (extended(), simple()):
        broken = changed(container, **{"report.pdf": REPORT + b" "})
        assert verdict(broken) == (Indication.TOTAL_FAILED, SubIndication.HASH_FAILURE)
        assert judge(broken).signatures[0].crypto == "invalid"
    assert "container-file-differs" in codes(judge(changed(extended(), **{"report.pdf": b""})))


def test_a_file_that_is_gone_leaves_asic_e_open_and_fails_asic_s() -> None:
    gone = changed(extended(), **{"report.pdf": None})
    assert verdict(gone) == (Indication.INDETERMINATE, SubIndication.SIGNED_DATA_NOT_FOUND)
    assert "container-file-missing" in codes(judge(gone))
    assert judge(gone).signatures[0].crypto == "not-checked"
    gone = changed(simple(), **{"report.pdf": None})
    assert verdict(gone) == (Indication.TOTAL_FAILED, SubIndication.HASH_FAILURE)


def test_one_file_gone_and_one_changed_fails() -> None:
    (first, second) = DOCUMENTS
    broken = changed(extended(), **{first: None, second: b"other"})
    assert verdict(broken) == (Indication.TOTAL_FAILED, SubIndication.HASH_FAILURE)


def test_a_changed_manifest_fails() -> None:
    manifest = files(extended())[MANIFEST]
    broken = changed(extended(), **{MANIFEST: manifest + b"\n"})
    assert verdict(broken) == (Indication.TOTAL_FAILED, SubIndication.HASH_FAILURE)


@pytest.mark.parametrize("content", [b"<broken", b"<!DOCTYPE a><a/>", None])
def test_a_manifest_that_is_broken_or_gone_is_a_failure_of_form(content: bytes | None) -> None:
    broken = changed(extended(), **{MANIFEST: content})
    assert verdict(broken) == (Indication.TOTAL_FAILED, SubIndication.FORMAT_FAILURE)
    wanted = "container-manifest-missing" if content is None else "manifest-malformed"
    assert wanted in codes(judge(broken))


def test_a_second_manifest_for_one_signature_is_a_failure_of_form() -> None:
    other = encode(SIGNATURE, [DataObject("report.pdf", SHA256, SHA256.of(b"other"))])
    broken = changed(extended(), **{"META-INF/ASiCManifest0.xml": other, "report.pdf": b"other"})
    assert verdict(broken) == (Indication.TOTAL_FAILED, SubIndication.FORMAT_FAILURE)


def test_a_file_that_nobody_signed_is_told() -> None:
    report = judge(changed(extended(), **{"more.txt": b"more"}))
    assert report.indication is Indication.TOTAL_PASSED
    assert [f.where for f in report.findings if f.code == "container-file-not-signed"] == ["more.txt"]


def test_a_document_that_lies_unsigned_beside_a_signed_one_is_not_the_document_that_was_signed() -> None:
    crowded = changed(extended(), **{"more.txt": b"more"})
    report = judge(crowded, document=b"more")
    assert (report.indication, report.sub_indication) == (
        Indication.TOTAL_FAILED,
        SubIndication.HASH_FAILURE,
    )
    assert "content-differs" in codes(report)
    assert judge(crowded, document=REPORT).indication is Indication.TOTAL_PASSED


def test_a_second_document_beside_a_simple_signature_leaves_it_open_what_was_signed() -> None:
    crowded = changed(simple(), **{"more.txt": b"more"})
    report = judge(crowded)
    assert report.indication is not Indication.TOTAL_PASSED
    assert "container-data-objects" in codes(report)


def test_a_digest_that_is_not_known_leaves_the_verdict_open() -> None:
    sign = signs()
    manifest = encode(SIGNATURE, [DataObject("report.pdf", SHA256, SHA256.of(REPORT))])
    unknown = manifest.replace(b"xmlenc#sha256", b"xmlenc#other")
    mimetype = files(extended())["mimetype"]
    made = packed({"mimetype": mimetype, "report.pdf": REPORT, MANIFEST: unknown, SIGNATURE: sign(unknown)})
    assert verdict(made) == (Indication.INDETERMINATE, SubIndication.SIGNED_DATA_NOT_FOUND)
    assert "container-digest-unknown" in codes(judge(made))


def test_a_manifest_by_a_digest_of_the_past_leaves_the_verdict_open_but_not_the_mathematics() -> None:
    objects = [DataObject("report.pdf", SHA256, SHA256.of(REPORT))]
    value = base64.b64encode(SHA256.of(REPORT)), base64.b64encode(SHA1.of(REPORT))
    old = (
        encode(SIGNATURE, objects).replace(b"2001/04/xmlenc#sha256", b"2000/09/xmldsig#sha1").replace(*value)
    )
    mimetype = files(extended())["mimetype"]
    made = packed({"mimetype": mimetype, "report.pdf": REPORT, MANIFEST: old, SIGNATURE: signs()(old)})
    assert verdict(made) == (Indication.INDETERMINATE, SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE)
    assert judge(made).signatures[0].crypto == "valid"
    assert "algorithm-not-acceptable" in codes(judge(made))


def test_a_container_that_does_not_say_what_it_is_is_told() -> None:
    report = judge(changed(extended(), mimetype=None))
    assert report.indication is Indication.TOTAL_PASSED
    assert "container-mimetype" in codes(report)


def test_the_signature_of_a_stranger_is_not_confirmed() -> None:
    other = TestPKI(pki().at + timedelta(0))
    report = asic.verify(extended(), trust=other.trust, at=pki().at)
    assert report.indication is Indication.INDETERMINATE


def test_xml_signatures_are_told() -> None:
    made = packed({"mimetype": b"x", "a": b"a", "META-INF/signatures0.xml": b"<a/>"})
    assert {"container-form-unknown", "no-signature-found"} <= codes(judge(made))


def test_a_signature_that_cannot_be_read_fails() -> None:
    broken = changed(extended(), **{SIGNATURE: b"no signature"})
    assert verdict(broken) == (Indication.TOTAL_FAILED, SubIndication.FORMAT_FAILURE)


def test_what_is_no_container_is_unreadable() -> None:
    for data in (b"", b"PK\3\4", extended()[:-1], extended() + b"\0"):
        report = judge(data)
        assert (report.indication, report.sub_indication) == (
            Indication.TOTAL_FAILED,
            SubIndication.FORMAT_FAILURE,
        )
        assert "malformed-input" in codes(report)


def test_more_signatures_than_the_policy_allows_are_not_judged() -> None:
    both = asic.add_signature(extended(), signs("Karimov K."), at=pki().at)
    report = judge(both, policy=Policy.default().__class__(**{**_fields(), "limits": Limits(signers=1)}))
    assert (report.indication, codes(report)) == (Indication.INDETERMINATE, {"work-limit"})


def _fields() -> dict[str, object]:
    policy = Policy.default()
    return {name: getattr(policy, name) for name in policy.__dataclass_fields__}


# --- what is not made ---


@pytest.mark.parametrize("name", ["META-INF/x", "meta-inf/x", "mimetype", "folder/"])
def test_a_document_may_not_take_the_containers_own_places(name: str) -> None:
    with pytest.raises(ValueError, match="is no name for a document"):
        asic.make({name: b""}, signs(), at=pki().at)


def test_names_that_lead_elsewhere_are_not_written() -> None:
    for names in (["../x"], ["a", "A"], ["MIMETYPE"]):
        with pytest.raises(MalformedInput) as raised:
            asic.make(dict.fromkeys(names, b""), signs(), at=pki().at)
        assert raised.value.code == "container-malformed"


def test_a_container_needs_a_document_and_a_known_form() -> None:
    with pytest.raises(ValueError, match="needs a document"):
        asic.make({}, signs(), at=pki().at)
    with pytest.raises(ValueError, match="unknown container 'zip'"):
        asic.make({"a": b""}, signs(), at=pki().at, container="zip")  # type: ignore[arg-type]


def test_a_second_signer_of_a_simple_container_stands_in_the_same_file() -> None:
    both = asic.add_signature(simple(), signs("Karimov K."), at=pki().at)
    assert list(files(both)) == list(files(simple()))
    report = judge(both)
    assert verdict(both) == (Indication.TOTAL_PASSED, None)
    assert sorted(one.signer.name for one in report.signatures if one.signer) == ["Aliyev A.", "Karimov K."]


def test_a_simple_container_without_signature_takes_none() -> None:
    stamped = changed(simple(), **{"META-INF/signature.p7s": None})
    with pytest.raises(MalformedInput) as raised:
        asic.add_signature(stamped, signs(), at=pki().at)
    assert raised.value.code == "container-malformed"


def test_a_policy_can_demand_both_families_over_each_document() -> None:
    both = Policy(**{**_fields(), "signatures": ("classical", "post-quantum")})  # type: ignore[arg-type]
    quantum = pki().signer("Karimov K.", key="ml-dsa-65")

    def sign(octets: bytes) -> bytes:
        return signing.sign(octets, quantum, at=pki().at, detached=True)

    hybrid = asic.add_signature(extended(), sign, at=pki().at)
    assert judge(hybrid, policy=both).indication is Indication.TOTAL_PASSED
    report = judge(extended(), policy=both)
    assert (report.indication, report.sub_indication) == (
        Indication.INDETERMINATE,
        SubIndication.SIG_CONSTRAINTS_FAILURE,
    )
    lacking = [f.where for f in report.findings if f.code == "signature-family-missing"]
    assert lacking == sorted(DOCUMENTS)


def test_signatures_under_an_archive_manifest_stay() -> None:
    covered = DataObject(SIGNATURE, SHA256, SHA256.of(files(extended())[SIGNATURE]))
    archive = encode("META-INF/timestamp001.tst", [covered])
    made = changed(extended(), **{"META-INF/ASiCArchiveManifest.xml": archive})
    with pytest.raises(MalformedInput):
        asic.exchange(made, lambda signature, content: signature, at=pki().at)


def test_the_manifest_names_the_files_and_their_digests() -> None:
    manifest = Manifest.read(MANIFEST, files(extended())[MANIFEST])
    assert manifest.reference == SIGNATURE
    assert {o.name: o.value for o in manifest.objects} == {n: SHA256.of(c) for n, c in DOCUMENTS.items()}


def test_truncations_and_changes_never_pass_with_other_files() -> None:
    data = extended()
    for place in range(0, len(data), 7):
        broken = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
        report = judge(broken)
        if report.indication is Indication.TOTAL_PASSED:
            assert {files(broken)[name] for name in DOCUMENTS} == set(DOCUMENTS.values())
    assert issubclass(LimitExceeded, EsignError)


@pytest.mark.parametrize("form", ["asic-e", "asic-s"])
def test_a_signature_that_brings_its_own_content_does_not_stand_for_the_files(form: str) -> None:
    signer = pki().signer("Aliyev A.")

    def over_something_else(content: bytes) -> bytes:
        return signing.sign(b"something else", signer, at=pki().at)

    made = asic.make({"report.pdf": REPORT}, over_something_else, at=pki().at, container=form)  # type: ignore[arg-type]
    assert verdict(made) == (Indication.TOTAL_FAILED, SubIndication.HASH_FAILURE)
    (signature,) = judge(made).signatures
    assert "content-differs" in {finding.code for finding in signature.findings}


# --- what is bounded ---


def test_signatures_are_bounded_together() -> None:
    class Large:
        def chunks(self) -> Iterator[bytes]:
            return (bytes(1 << 20) for _ in range(22))

    out = io.BytesIO()
    writer = Writer(out, pki().at)
    for number in range(3):
        writer.add(f"META-INF/signature{number}.p7s", Large())
    writer.close()
    report = judge(out.getvalue())
    assert (report.indication, codes(report)) == (Indication.TOTAL_FAILED, {"malformed-input"})


def test_files_of_signatures_with_many_certificates_are_bounded_together() -> None:
    crowded = bombs.allowed_certificates()
    names = [f"META-INF/signature{number}.p7s" for number in range(20)]
    made = packed({"a.txt": b"a", **dict.fromkeys(names, crowded)})
    report = judge(made)
    left = [f.where for f in report.findings if f.code == "work-limit"]
    assert left == names[len(report.signatures) :]
    assert 0 < len(report.signatures) < 10


def test_signatures_share_the_checks_of_one_act() -> None:
    rules = replace(Policy.default(), limits=Limits(signature_checks=4))
    names = [f"META-INF/signature{number}.p7s" for number in range(45)]
    made = packed({"report.pdf": REPORT, **{name: signs(name)(REPORT) for name in names}})
    report = judge(made, policy=rules)
    verdicts = [one.indication for one in report.signatures]
    assert verdicts[0] is Indication.TOTAL_PASSED
    assert verdicts[-1] is Indication.INDETERMINATE
    assert "work-limit" in codes(report)


def test_a_container_in_containers_is_a_document_like_others() -> None:
    container = extended()
    for _ in range(30):
        container = asic.make({"inner.asice": container}, signs(), at=pki().at)
    report = judge(container)
    assert (report.indication, len(report.signatures)) == (Indication.TOTAL_PASSED, 1)
