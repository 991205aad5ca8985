"""Letters: a message as it was received, judged by its header, and the letter that people write and read.

`Message` is what crosses the wire: its octets, exactly one sender, and the fields that the node decides by.
`Letter` is what stands inside the layers: text, attachments, requisites. Nothing is mended: what two programs
could read as two senders is refused. Who signed is asked elsewhere, by verifying the layers.

    message = Message.read(octets)
    letter = read_letter(smime.open(octets, [mailbox_key]))
"""

from exat.message.header import NamedAddress, read_date, read_mailboxes, write_date
from exat.message.letter import REQUISITES, Attachment, Letter, Requisites, compose, read_letter
from exat.message.received import HeaderValues, Message

__all__ = [
    "REQUISITES",
    "Attachment",
    "HeaderValues",
    "Letter",
    "Message",
    "NamedAddress",
    "Requisites",
    "compose",
    "read_date",
    "read_letter",
    "read_mailboxes",
    "write_date",
]
