"""The names of all commands, where each stands, and its one line of help: what help and completion need.

Nothing is imported for them but this table. A group is a table of its own.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Entry:
    """A command: `place` is `module:attribute`, `line` its help in one line."""

    place: str
    line: str


@dataclass(frozen=True, slots=True)
class Branch:
    """A group of commands."""

    line: str
    commands: "Table"


Table = dict[str, "Entry | Branch"]

_TRUST: Final[Table] = {
    "add": Entry("exat_cli.trust:add", "Trust a root, after its fingerprint was compared."),
    "list": Entry("exat_cli.trust:list_", "Show the trusted roots."),
    "remove": Entry("exat_cli.trust:remove", "Trust a root no longer."),
}
_LOG: Final[Table] = {
    "verify": Entry("exat_cli.ca_log:verify", "Check every event, and the published checkpoints."),
    "list": Entry("exat_cli.ca_log:list_", "Show every event."),
}
_PKI: Final[Table] = {
    "init": Entry("exat_cli.pki:init", "Make an authority."),
    "profiles": Entry("exat_cli.pki:profiles", "What certificates can be issued."),
    "request": Entry("exat_cli.pki:request", "Make your own key, and the request for its certificate."),
    "issue": Entry("exat_cli.pki:issue", "Certify the key of a request."),
    "revoke": Entry("exat_cli.revoking:revoke", "Revoke a certificate for good."),
    "suspend": Entry("exat_cli.revoking:suspend", "Put a certificate on hold."),
    "restore": Entry("exat_cli.revoking:restore", "End the hold on a certificate."),
    "crl": Entry("exat_cli.revoking:crl", "Publish fresh lists of revoked certificates."),
    "list": Entry("exat_cli.pki:list_", "Show every certificate that was issued."),
    "show": Entry("exat_cli.pki:show", "Show all that is known of one certificate."),
    "validate": Entry("exat_cli.paths:validate", "Tell whether a certificate is valid, and why."),
    "serve": Entry("exat_cli.ca_serve:serve", "Answer over HTTP: lists, OCSP, time stamps."),
    "resume": Entry("exat_cli.revoking:resume", "Let an authority go on that was set back to an older copy."),
    "adopt": Entry("exat_cli.revoking:adopt", "Take in again a certificate whose events were lost."),
    "log": Branch("What the authority did, so bound that nobody can change it later.", _LOG),
    "export": Entry("exat_cli.pki:export", "Write a certificate as PEM, or a key with it as PKCS#12."),
}
_NODE: Final[Table] = {
    "init": Entry("exat_cli.node:init", "Make a node, and perhaps its first mailbox and officer."),
    "serve": Entry("exat_cli.node:serve", "Run the node."),
    "status": Entry("exat_cli.node:status", "Tell whether it runs, what waits, what runs out when."),
}
_USER: Final[Table] = {
    "add": Entry("exat_cli.people:add", "Add a login, perhaps with an officer."),
    "disable": Entry("exat_cli.people:disable", "Let a login in no longer."),
    "list": Entry("exat_cli.people:list_users", "Show the logins."),
}
_PEER: Final[Table] = {
    "add": Entry("exat_cli.people:add_bundle", "Know an agency, after its fingerprint was compared."),
    "list": Entry("exat_cli.people:list_peers", "Show the agencies that are known."),
    "remove": Entry("exat_cli.people:remove", "Know an agency no longer."),
}
_DIRECTORY: Final[Table] = {
    "list": Entry("exat_cli.people:list_mailboxes", "Show every mailbox that letters can be written to."),
    "show": Entry("exat_cli.people:show", "Show one mailbox, or write its certificate."),
    "import": Entry("exat_cli.people:import_", "Take a newer bundle of a known agency."),
    "export": Entry("exat_cli.people:export", "Write this agency's bundle, signed by its seal."),
}
_MAIL: Final[Table] = {
    "draft": Entry("exat_cli.mail:draft", "Write a letter and keep it."),
    "sign": Entry("exat_cli.mail:sign", "Sign and encrypt a draft."),
    "send": Entry("exat_cli.mail:send", "Hand a signed draft to the node."),
    "list": Entry("exat_cli.mail:list_", "Show letters: received, sent, drafts."),
    "read": Entry("exat_cli.mail:read", "Open a letter: the verdict first."),
}
_EVIDENCE: Final[Table] = {
    "show": Entry("exat_cli.trail:show", "Show the records of a letter, or all."),
    "verify": Entry("exat_cli.trail:verify", "Check the whole chain."),
}
_RECEIPT: Final[Table] = {
    "make": Entry("exat_cli.receipts:make", "Answer a message with a receipt that you sign."),
    "verify": Entry("exat_cli.receipts:verify", "Tell whether a receipt proves that a message arrived."),
}
_SMIME: Final[Table] = {
    "sign": Entry("exat_cli.smime:sign", "Sign a message with its header."),
    "encrypt": Entry("exat_cli.smime:encrypt", "Encrypt a message, perhaps signed first."),
    "wrap": Entry("exat_cli.smime:wrap", "Sign around a whole message."),
    "judge": Entry("exat_cli.smime:judge", "Tell whether a message is its sender's letter, and why."),
    "open": Entry("exat_cli.smime:open_", "Judge a message and give out what it holds."),
    "receipt": Branch("Signed receipts of messages.", _RECEIPT),
}
COMMANDS: Final[Table] = {
    "demo": Entry("exat_cli.demo:demo", "Two agencies exchange a letter, and what must fail fails."),
    "doctor": Entry("exat_cli.doctor:doctor", "Check this machine and a node's home."),
    "sign": Entry("exat_cli.signing:sign", "Sign documents (CAdES), or one container of them (ASiC)."),
    "cosign": Entry("exat_cli.signing:cosign", "Sign beside those who signed already."),
    "countersign": Entry("exat_cli.signing:countersign", "Confirm the signatures of others."),
    "verify": Entry("exat_cli.verifying:verify", "Tell whether signatures are valid, and why."),
    "augment": Entry("exat_cli.lasting:augment", "Raise a signature to a level that lasts, or renew it."),
    "timestamp": Entry("exat_cli.lasting:timestamp", "Prove that files exist now (RFC 3161)."),
    "attach": Entry("exat_cli.forms:attach", "Put the document into a detached signature."),
    "detach": Entry("exat_cli.forms:detach", "Take the document out of a signature."),
    "join": Entry("exat_cli.forms:join", "Make one signature of several over one document."),
    "encrypt": Entry("exat_cli.enveloping:encrypt", "Encrypt a file to certificates (CMS)."),
    "decrypt": Entry("exat_cli.enveloping:decrypt", "Open an encrypted file."),
    "smime": Branch("Messages of mail in files (.eml): S/MIME.", _SMIME),
    "trust": Branch("Which roots are trusted when a command names none.", _TRUST),
    "pki": Branch("The certificate authority: who is certified, for what, and until when.", _PKI),
    "node": Branch("A mail node: one agency, one folder, one process.", _NODE),
    "user": Branch("Who may submit letters, and who signs and opens for a mailbox.", _USER),
    "peer": Branch("Other agencies' nodes, confirmed by a fingerprint at first contact.", _PEER),
    "directory": Branch("Mailboxes and certificates: what is known, what is told.", _DIRECTORY),
    "mail": Branch("Letters: to draft, to sign and to send are separate acts.", _MAIL),
    "queue": Branch(
        "Letters on their way to other nodes.",
        {"list": Entry("exat_cli.trail:list_queue", "Show what waits, and what the peer last said.")},
    ),
    "trace": Entry("exat_cli.trail:trace", "Tell the whole life of a letter."),
    "evidence": Branch("Proof of what happened, sealed and chained by the node.", _EVIDENCE),
    "completion": Entry("exat_cli.completion:completion", "Print the completion script of a shell."),
}
