"""The targets about signatures that last: CAdES with time stamps and material, records, tokens, containers.

Nothing passes but what the keys of `tests.fuzz.archive` have signed, over the content that they signed, at
the times at which they stamped. `believing` is as in `tests.fuzz.targets`: there, only errors count.
"""

import io
import zipfile
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any, Final

from esign import asic, cades, signing
from esign import verify as verify_document
from esign.algorithms import SHA256, SHA384, SHA512
from esign.cms import SignedData, SignerInfo
from esign.content import Content
from esign.errors import EsignError
from esign.ers import EvidenceRecord, TimeStampedData
from esign.findings import Indication
from esign.keys import Signer, SoftwareKey
from esign.tsa import TimeStampAuthority
from esign.tsp import TimeStampRequest, TimeStampResponse, TimeStampToken
from esign.validation.context import Context
from esign.validation.evidence import EvidenceReport, validate_evidence
from esign.validation.report import PathReport, Report, SignatureReport, TimeStampReport
from esign.validation.signature import verify
from esign.validation.timestamps import validate_timestamp
from tests.esign.validation.world import AT
from tests.fuzz import archive
from tests.fuzz.archive import DOCUMENT, OTHER, SIGNED
from tests.fuzz.belief import WrongVerdict, believing, touch

_DIGESTS: Final = (SHA256, SHA384, SHA512)
_PROVED: Final = frozenset((AT, archive.STAMPED_AT, *archive.ARCHIVED))


def judge(signature: Any, document: bytes | None = None) -> Report:
    """The verdict on a signature, with nothing remembered."""
    return verify(
        signature, document=document, trust=archive.root().trust, at=AT, material=archive.material()
    )


def at_front_door(data: bytes, document: bytes | None = None) -> Report:
    """The same through `esign.verify`, which remembers paths and material from one input to the next."""
    held = (archive.issuing().certificate.raw, *(crl.raw for crl in archive.lists()))
    return verify_document(data, document=document, trust=archive.root().trust, at=AT, material=held)


def _context() -> Context:
    return Context.of(archive.material(), trust=archive.root().trust, at=AT)


def _demand(claim: bool, why: str) -> None:
    if not claim:
        raise WrongVerdict(why)


# --- what may pass ---


def check_report(signed: SignedData, report: Report, document: bytes) -> None:
    """What passed is what our keys signed: those attributes, over that content, by those certificates."""
    if report.indication is Indication.TOTAL_PASSED:
        content = document if signed.content is None else signed.content
        _demand(bool(report.signatures), "passed without a signature")
        _check_all(signed.signer_infos, report.signatures, content)
    for info, one in zip(signed.signer_infos, report.signatures, strict=False):
        _check_stamps(info, one)


def _check_all(infos: Iterable[SignerInfo], found: Iterable[SignatureReport], content: bytes) -> None:
    for info, one in zip(infos, found, strict=True):
        _check_signature(info, one, content)


def _check_signature(info: SignerInfo, report: SignatureReport, content: bytes) -> None:
    if report.indication is Indication.TOTAL_PASSED:
        _check_signed(info, content)
        _demand(report.crypto == "valid", "passed without a good signature")
        _demand(report.best_signature_time in _PROVED, "proved at another time")
        _demand(report.signing_time in (None, archive.SIGNED_AT), "another claimed time")
        _check_path(report.path)
    if report.countersignatures:
        _check_all(cades.countersignatures(info), report.countersignatures, info.signature)


def _check_signed(info: SignerInfo, content: bytes) -> None:
    raw = info.signed_attributes_raw
    message = b"" if raw is None else b"\x31" + cades.as_der(raw)[1:]
    _demand(message in SIGNED, "attributes that our keys have not signed")
    _demand(any(by.of(content) in message for by in _DIGESTS), "other content than the signed one")


def _check_path(path: PathReport | None) -> None:
    _demand(path is not None and path.indication is Indication.PASSED, "passed without a path")
    for certificate in () if path is None else path.path:
        # The signature around the signed part may come in BER.
        _demand(certificate.tbs in archive.known_certificates(), "a certificate that is not ours")


def _check_stamps(info: SignerInfo, report: SignatureReport) -> None:
    held = (*cades.unsigned_values(info, *cades.TIME_STAMPS), *_content_stamps(info))
    passed = {one.digest for one in report.timestamps if one.indication is Indication.PASSED}
    for raw in held:
        if SHA256.of(raw).hex() in passed:
            _check_token(TimeStampToken.read(raw))
    for one in report.timestamps:
        _check_stamp(one)


def _content_stamps(info: SignerInfo) -> tuple[bytes, ...]:
    try:
        return cades.content_time_stamps(info)
    except EsignError:
        return ()


def _check_stamp(report: TimeStampReport) -> None:
    if report.indication is Indication.PASSED:
        stamper, found = archive.stamper().certificate, report.certificate
        _demand(found is not None and found.raw == stamper.raw, "stamped by somebody else")
        _check_path(report.path)


def _check_token(token: TimeStampToken) -> None:
    _check_signed(token.signer_info, token.signed.content or b"")


# --- signatures ---


def _everything(report: Report) -> None:
    report.to_dict()
    report.to_etsi_xml()
    report.explain("uz")


def _run_signature(data: bytes) -> None:
    """Read whole and from a file, with the document and without it: one verdict, and not too good a one."""
    try:
        signed = SignedData.read(data)
    except EsignError:
        signed = None
    for document in (None, DOCUMENT):
        report = judge(data, document)
        if signed is not None:
            check_report(signed, report, DOCUMENT)
        else:
            _demand(report.indication is not Indication.TOTAL_PASSED, "unreadable, and passed")
        _everything(report)


def run_cades(data: bytes) -> None:
    """As a signature with material and time stamps."""
    archive.note_all()
    _run_signature(data)
    _demand(judge(data, OTHER).indication is not Indication.TOTAL_PASSED, "another document passed")
    with believing():
        judge(data, DOCUMENT).to_dict()


def run_signed_data(data: bytes) -> None:
    """As SignedData of any shape; from a file it is judged as in memory."""
    archive.note_all()
    _run_signature(data)
    try:
        signed = SignedData.read(data)
    except EsignError:
        return
    touch(signed)
    for info in signed.signer_infos:
        touch(info)
    inside = _summary(judge(data, DOCUMENT))
    _demand(
        inside == _summary(judge(io.BytesIO(data), DOCUMENT)), "a file is judged otherwise than its octets"
    )
    _demand(inside == _summary(at_front_door(data, DOCUMENT)), "what is remembered is judged otherwise")
    with believing():
        judge(data, DOCUMENT).to_dict()


def _summary(report: Report) -> list[object]:
    return [report.indication, *((one.indication, one.crypto) for one in report.signatures)]


# --- time stamps and evidence records ---


def run_timestamp_token(data: bytes) -> None:
    """As a token about the document, as a request to the authority, as its answer, as a document stamped."""
    archive.note_all()
    for read in (TimeStampRequest.read, TimeStampResponse.read, TimeStampedData.read):
        try:
            touch(read(data))
        except EsignError:
            continue
    TimeStampResponse.read(_UNNOTED.answer(data, at=archive.STAMPED_AT, serial=9))
    try:
        token = TimeStampToken.read(data)
    except EsignError:
        return
    report = _stamp_of(token, DOCUMENT)
    if report.indication is Indication.PASSED:
        _check_stamp(report)
        _check_token(token)
        _demand(report.at == archive.STAMPED_AT, "another time")
        _demand(_stamp_of(token, b"").indication is not Indication.PASSED, "anything is stamped")
    with believing():
        _stamp_of(token, DOCUMENT).to_dict()


def _stamp_of(token: TimeStampToken, document: bytes) -> TimeStampReport:
    return validate_timestamp(token, imprint=lambda by: by.of(document), kind="document", context=_context())


def run_evidence_record(data: bytes) -> None:
    """As a record over the document; over another one it never passes."""
    archive.note_all()
    try:
        record = EvidenceRecord.read(data)
    except EsignError:
        return
    touch(record)
    report = judge_record(record, DOCUMENT)
    if report.indication is Indication.PASSED:
        for token in (one.token for one in record.time_stamps):
            _check_token(token)
        for one in report.timestamps:
            _check_stamp(one)
        _demand(report.proved == archive.STAMPED_AT, "proved at another time")
        _demand(judge_record(record, b"").indication is not Indication.PASSED, "anything is covered")
    report.to_dict()
    with believing():
        judge_record(record, DOCUMENT).to_dict()


def judge_record(record: EvidenceRecord, document: bytes) -> EvidenceReport:
    """The verdict on an evidence record over a document."""
    return validate_evidence(record, [lambda by: by.of(document)], context=_context())


# --- containers ---


def run_asic(data: bytes) -> None:
    """As a container: what passed covers our files and no others, also for another reader of packages."""
    archive.note_all()
    report = at_front_door(data)
    _everything(report)
    if report.indication is Indication.TOTAL_PASSED:
        _check_files(data, report)
    with believing():
        asic.verify(data, trust=archive.root().trust, at=AT, material=archive.material()).to_dict()
    for change in (_add_signature, _exchange):
        try:
            change(data)
        except EsignError:
            continue


def _check_files(data: bytes, report: Report) -> None:
    """`zipfile` reads the same: what is covered is ours, and what is not is told."""
    told = {f.where for f in report.findings if f.code == "container-file-not-signed"}
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        files = {_name(one): one for one in package.infolist() if not one.is_dir()}
        for one in report.signatures:
            for finding in (f for f in one.findings if f.code == "container-signature"):
                covered = set(str(dict(finding.values)["files"]).split(", "))
                found = [package.read(files[name]) for name in covered]
                _demand(_ours().issuperset(found), "other files than the signed ones")
                told |= covered
    objects = {name for name in files if name != "mimetype" and not name.startswith("META-INF/")}
    _demand(objects <= told, "a file that is neither covered nor told")


def _name(entry: zipfile.ZipInfo) -> str:
    """As we read names: UTF-8 wherever that is possible."""
    raw = entry.orig_filename.encode("utf-8" if entry.flag_bits & 0x800 else "cp437")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp437")


@cache
def _ours() -> frozenset[bytes]:
    with zipfile.ZipFile(io.BytesIO(archive.containers()["packed"])) as package:
        return frozenset((*archive.FILES.values(), package.read("package.zip")))


def _add_signature(data: bytes) -> None:
    made = asic.add_signature(data, lambda octets: archive.tokens()[0], at=AT)
    asic.Container.open(made)


def _exchange(data: bytes) -> None:
    asic.Container.open(asic.exchange(data, lambda signature, content: signature, at=AT))


# --- signatures raised, taken apart and joined ---

_PLAIN: Final = Signer(SoftwareKey(archive.stamper().private), archive.stamper().certificate.raw)
_UNNOTED: Final = TimeStampAuthority(_PLAIN, policy="2.999.1")


def _tsa(request: bytes) -> bytes:
    return _UNNOTED.answer(request, at=archive.ARCHIVED_AT, serial=11)


def run_lasting(data: bytes) -> None:
    """Whatever is done to a signature, its signed parts stay, and it is judged no better and no worse."""
    archive.note_all()
    for change in (_attached, _detached, _joined, _countersigned, _raised):
        try:
            change(data)
        except EsignError:
            continue


def _parts(signed: bytes) -> list[tuple[bytes | None, bytes]]:
    infos = SignedData.read(signed).signer_infos
    return sorted(((i.signed_attributes_raw, i.signature) for i in infos), key=repr)


def _attached(data: bytes) -> None:
    made = signing.attach(data, DOCUMENT)
    _demand(SignedData.read(made).content == DOCUMENT, "another content was attached")
    _demand(_parts(made) == _parts(data), "signed parts have changed")


def _detached(data: bytes) -> None:
    made, document = signing.detach(data)
    _demand(SignedData.read(made).content is None, "the content is still there")
    _demand(document == SignedData.read(data).content, "another content was detached")
    _demand(_parts(made) == _parts(data), "signed parts have changed")


def _joined(data: bytes) -> None:
    other = archive.structures()["two"]
    made = signing.join([data, other], document=DOCUMENT)
    _demand(set(_parts(made)) == {*_parts(data), *_parts(other)}, "signed parts have changed")


def _countersigned(data: bytes) -> None:
    made = signing.countersign(data, _PLAIN, at=AT)
    _demand(_parts(made) == _parts(data), "signed parts have changed")


def _raised(data: bytes) -> None:
    made = signing.augment(
        data,
        "B-LTA",
        tsa=_tsa,
        at=AT,
        trust=archive.root().trust,
        material=archive.material(),
        document=Content.of(DOCUMENT),
    )
    _demand(_parts(made) == _parts(data), "signed parts have changed")
    before, after = (judge(one, DOCUMENT) for one in (data, made))
    _demand(after.indication in _AFTER[before.indication], "raising has changed the verdict")
    for old, new in zip(before.signatures, after.signatures, strict=True):
        _demand(_good(old) <= _good(new), "a time stamp was broken")


_AFTER: Final = {
    Indication.TOTAL_PASSED: (Indication.TOTAL_PASSED,),
    Indication.INDETERMINATE: (Indication.TOTAL_PASSED, Indication.INDETERMINATE),
    Indication.TOTAL_FAILED: (Indication.TOTAL_FAILED,),
}


def _good(report: SignatureReport) -> set[str]:
    return {one.digest for one in report.timestamps if one.indication is Indication.PASSED}


# --- the table ---

Run = Callable[[bytes], None]


def _signatures() -> Iterator[bytes]:
    return archive.examples(archive.levels())


def _structures() -> Iterator[bytes]:
    yield from archive.examples(archive.structures())
    yield archive.levels()["B-B"]


def _stamps() -> Iterator[bytes]:
    yield from archive.tokens()
    yield from archive.responses()


def _records() -> Iterator[bytes]:
    return (record.raw for record in archive.records().values())


def _to_raise() -> Iterator[bytes]:
    yield from archive.examples(archive.levels(), archive.structures())


DOCUMENTS: Final[tuple[tuple[str, Run, Callable[[], Iterable[bytes]]], ...]] = (
    ("cades", run_cades, _signatures),
    ("signed-data", run_signed_data, _structures),
    ("timestamp-token", run_timestamp_token, _stamps),
    ("evidence-record", run_evidence_record, _records),
    ("lasting", run_lasting, _to_raise),
)
