"""Documents signed: `sign` and `countersign`."""

import functools
import os
import re
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

import click

import esign
from esign import Claims, Signer, asic, preserve
from esign.io.clock import now
from exat_cli.failures import Exit, Failure
from exat_cli.fetching import Raising, raising_options
from exat_cli.many import each, files_of, is_result, is_several, summed
from exat_cli.options import F, force_option, out_option, speaks
from exat_cli.output import Done, Output, armour, check_free, read_input, reading, write_output, writing
from exat_cli.own_keys import load_signer, signer_options, subject_of
from exat_cli.pairs import document_beside
from exat_cli.places import Place, beside, place_options

_CONTAINERS: Final[Mapping[str, tuple[asic.Form, str]]] = {
    "s": ("asic-s", ".asics"),
    "e": ("asic-e", ".asice"),
}
_COMMITMENTS: Final = "approval, creation, origin, sender, receipt, delivery"
_SMALL: Final = 1 << 20
"""Octets of a file that is read at once into a container."""
_OID: Final = re.compile(r"[0-2](\.(0|[1-9][0-9]*))+")
_COUNTRY: Final = re.compile(r"[A-Z]{2}")


def claims_options(function: F) -> F:
    """Give the command the options of what a signer claims; it gets them as `claims`."""

    @click.option(
        "--commitment", "commitments", multiple=True, metavar="WHAT", help=f"{_COMMITMENTS}, or an OID."
    )
    @click.option("--role", "roles", multiple=True, metavar="TEXT", help="In what office you sign.")
    @click.option("--location", metavar="TEXT", help="Where you sign: the town.")
    @click.option("--country", metavar="CC", help="Where you sign: the country, as UZ.")
    @click.option("--signature-policy", metavar="OID", help="The policy you sign by, or `implied`.")
    @click.option("--policy-document", metavar="FILE", help="The document of that policy.")
    @click.option("--policy-uri", metavar="URL", help="Where that document is.")
    @click.option("--mime-type", metavar="TYPE", help="What the document is, as application/pdf.")
    @click.option("--description", metavar="TEXT", help="What the document is, in words.")
    @functools.wraps(function)
    def command(*args: Any, **kwargs: Any) -> Any:
        names = ("commitments", "roles", "location", "country", "signature_policy")
        more = ("policy_document", "policy_uri", "mime_type", "description")
        claims = claims_of(**{name: kwargs.pop(name) for name in (*names, *more)})
        return function(*args, claims=claims, **kwargs)

    return command  # type: ignore[return-value]


def claims_of(
    *,
    commitments: Sequence[str],
    roles: Sequence[str],
    location: str | None,
    country: str | None,
    signature_policy: str | None,
    policy_document: str | None,
    policy_uri: str | None,
    mime_type: str | None,
    description: str | None,
) -> Claims:
    """What the options say that the signer claims.

    Raises:
        Failure: `option-wrong`, `options-belong` (exit 2).
    """
    for one in commitments:
        if one not in _COMMITMENTS.split(", "):
            _require(_OID, "--commitment", one, f"{_COMMITMENTS}, 1.2.3.4")
    if country:
        _require(_COUNTRY, "--country", country, "UZ")
    if signature_policy not in (None, "implied"):
        _require(_OID, "--signature-policy", signature_policy, "1.2.3.4, implied")
    if (signature_policy in (None, "implied")) != (policy_document is None) or (
        policy_uri and policy_document is None
    ):
        hint = "--signature-policy OID --policy-document FILE"
        raise Failure("options-belong", Exit.USAGE, options=hint, hint=hint)
    return Claims.of(
        commitments=commitments,
        roles=roles,
        locality=location or "",
        country=country or "",
        policy=signature_policy or "",
        policy_document=None if policy_document is None else read_input(policy_document),
        policy_uri=policy_uri or "",
        mime_type=mime_type or "",
        description=description or "",
    )


def _require(form: re.Pattern[str], option: str, found: str | None, wanted: str) -> None:
    if not form.fullmatch(found or ""):
        raise Failure("option-wrong", Exit.USAGE, option=option, found=found, wanted=wanted)


@dataclass(frozen=True, slots=True)
class Act:
    """How each file of one run is signed."""

    signer: Signer
    claims: Claims
    raising: Raising
    detached: bool = False
    pem: bool = False
    force: bool = False

    def sign(self, file: str, target: str) -> None:
        """Sign one file as a stream."""
        if self.pem:
            with reading(file) as source:
                made = esign.sign(source, self.signer, detached=self.detached, **self._how())
            write_output(target, armour(made, "CMS"), force=self.force)
            return
        with writing(target, force=self.force) as out, reading(file) as source:
            esign.sign(source, self.signer, detached=self.detached, out=out, **self._how())

    def over(self, document: bytes | BinaryIO) -> bytes:
        """A detached signature over what a container holds."""
        made: bytes = esign.sign(document, self.signer, detached=True, **self._how())
        return made

    def beside(self, file: str, content: str | None) -> bytes:
        """One more signer beside those of `file`, a signature or a container."""
        data = read_input(file)
        if asic.looks_like_container(data):
            return asic.add_signature(data, self.over, at=now())
        named = content or document_beside(file)
        document = None if named is None else read_input(named)
        made = preserve.add_signer(data, self.signer, document=document, attributes=self.claims)
        return self.raising.raised(made, document)

    def _how(self) -> dict[str, Any]:
        return {"level": self.raising.level, "attributes": self.claims, **self.raising.told()}


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@signer_options
@click.option("--detached", is_flag=True, help="Leave the document out of the signature.")
@click.option("--asic", "kind", type=click.Choice(["s", "e"]), help="Put all files into one ASiC container.")
@raising_options
@claims_options
@click.option("--pem", is_flag=True, help="Write PEM instead of DER.")
@out_option
@force_option
@speaks
@click.pass_context
def sign(
    ctx: click.Context,
    output: Output,
    files: tuple[str, ...],
    key: str,
    certificate: str | None,
    passphrase: str | None,
    detached: bool,
    kind: str | None,
    raising: Raising,
    claims: Claims,
    pem: bool,
    out: str | None,
    force: bool,
) -> None:
    """Sign each FILE (CAdES B-B) and write FILE.p7m, or FILE.p7s with --detached.

    Of a folder every file is signed that is no signature, and the key is unlocked once. With --tsa the
    signature bears a time stamp (B-T); --level B-LT or B-LTA makes it last. With --asic all files go into one
    container with one signature. The failure of one file does not stop the others; the exit status is the
    worst.

    \b
    exat sign report.pdf --key clerk.p12 --passphrase file:clerk.pass
    exat sign orders/ --key clerk.p12 --passphrase prompt --detached --tsa https://tsa.example/
    exat sign report.pdf table.csv --asic e -o case.asice --key clerk.p12 --passphrase prompt
    exat sign order.pdf --key chief.p12 --passphrase prompt --commitment approval --role Vazir --country UZ
    """
    several, suffix = is_several(files), ".p7s" if detached else ".p7m"
    if kind is not None and (detached or pem):
        raise Failure("options-clash", Exit.USAGE, one="--asic", other="--detached" if detached else "--pem")
    if kind is not None:
        suffix = _CONTAINERS[kind][1]
    if several and (kind is None) != (out is None):
        raise Failure("place-of-many", Exit.USAGE, hint="--out FILE" if kind else "--asic e")
    target = None if several and out is None else out or beside(files[0], suffix, "--out")
    check_free(target, force=force)
    signer = load_signer(output, key, certificate, passphrase)
    act = Act(signer, claims, raising, detached=detached, pem=pem, force=force)

    def signed(file: str, place: str) -> Done:
        act.sign(file, place)
        said = {"file": file, "out": place, "signer": subject_of(signer)}
        return Done({**said, "detached": detached, "level": raising.level}, output.words("signed", **said))

    if kind is not None and target is not None:
        _sign_container(output, act, files, kind, target)
    elif target is not None:
        output.done("sign", signed(files[0], target))
    else:
        names = files_of(files, lambda name: not is_result(name))
        ctx.exit(summed(output, "sign", each(output, names, lambda name: signed(name, name + suffix))))


def _sign_container(output: Output, act: Act, files: Sequence[str], kind: str, target: str) -> None:
    """One container of all files, with one signature; large ones are read as streams."""
    with ExitStack() as held:
        documents = {name: _document(path, held) for name, path in _members(files).items()}
        out = held.enter_context(writing(target, force=act.force))
        asic.make(documents, act.over, at=now(), container=_CONTAINERS[kind][0], out=out)
    said = {"out": target, "signer": subject_of(act.signer)}
    words = output.words("signed", file=", ".join(documents), **said)
    content = {"files": list(documents), **said, "container": _CONTAINERS[kind][0]}
    output.done("sign", Done({**content, "level": act.raising.level}, words))


def _document(path: str, held: ExitStack) -> bytes | BinaryIO:
    """Octets of a small file; a large one stays open until `held` ends."""
    if path != "-" and os.path.isfile(path) and os.path.getsize(path) > _SMALL:
        return held.enter_context(reading(path))
    return read_input(path)


def _members(files: Sequence[str]) -> dict[str, str]:
    """The files of a container by their names in it: a folder's by their way from the folder.

    Raises:
        Failure: `container-names` (exit 2) when two have one name; `container-empty` (exit 2).
    """
    found: dict[str, str] = {}
    for given in files:
        for path in files_of([given], lambda name: True):
            name = Path(path).relative_to(given).as_posix() if path != given else Path(path).name
            if name in found:
                raise Failure("container-names", Exit.USAGE, name=name)
            found[name] = path
    if not found:
        raise Failure("container-empty", Exit.USAGE)
    return found


@click.command()
@click.argument("file", metavar="FILE")
@signer_options
@click.option("--content", metavar="FILE", help="The document of a detached signature.")
@raising_options
@claims_options
@place_options
@speaks
def cosign(
    output: Output,
    file: str,
    key: str,
    certificate: str | None,
    passphrase: str | None,
    content: str | None,
    raising: Raising,
    claims: Claims,
    place: Place,
) -> None:
    """Sign the document of a signature or container FILE too, beside those who signed it.

    \b
    exat cosign report.pdf.p7m -o both.p7m --key chief.p12 --passphrase prompt
    exat cosign case.asice --in-place --key chief.p12 --passphrase prompt --tsa https://tsa.example/
    """
    target = place.of(file)
    signer = load_signer(output, key, certificate, passphrase)
    place.write(target, Act(signer, claims, raising).beside(file, content))
    said = {"file": file, "out": target, "signer": subject_of(signer)}
    output.done("cosign", Done({**said, "level": raising.level}, output.words("signed", **said)))


@click.command()
@click.argument("file", metavar="FILE")
@signer_options
@click.option("--which", type=click.IntRange(min=1), help="That signature only, counted from 1.")
@place_options
@speaks
def countersign(
    output: Output,
    file: str,
    key: str,
    certificate: str | None,
    passphrase: str | None,
    which: int | None,
    place: Place,
) -> None:
    """Confirm the signatures in FILE by signing them; the document itself is not signed again.

    \b
    exat countersign report.pdf.p7m -o confirmed.p7m --key registrar.p12 --passphrase prompt
    exat countersign case.asice --in-place --key registrar.p12 --passphrase prompt
    """
    target = place.of(file)
    signer = load_signer(output, key, certificate, passphrase)
    place.write(target, _countersigned(read_input(file), signer, which))
    said = {"file": file, "out": target, "signer": subject_of(signer)}
    output.done("countersign", Done(said, output.words("countersigned", **said)))


def _countersigned(data: bytes, signer: Signer, which: int | None) -> bytes:
    if not asic.looks_like_container(data):
        return preserve.countersign(data, signer, which=None if which is None else which - 1)
    if which is not None:
        raise Failure("options-clash", Exit.USAGE, one="--which", other="ASiC")
    return asic.exchange(data, lambda signature, _: preserve.countersign(signature, signer), at=now())
