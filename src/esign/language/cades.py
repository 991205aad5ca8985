"""Messages of the room `cades`: attributes of advanced signatures."""

from typing import Final

from esign.language.words import Text

MESSAGES: Final[dict[str, Text]] = {
    "cades-malformed": Text(
        "an attribute of the signature cannot be read: {found}",
        "атрибут подписи не читается: {found}",
        "imzo atributi o'qilmadi: {found}",
        "имзо атрибути ўқилмади: {found}",
    ),
    "ats-hash-index-unmatched": Text(
        "the archive time stamp covers elements that are not in the signature: {count}",
        "архивный штамп времени охватывает элементы, которых нет в подписи: {count}",
        "arxiv vaqt tamg'asi imzoda yo'q elementlarni qamrab olgan: {count}",
        "архив вақт тамғаси имзода йўқ элементларни қамраб олган: {count}",
    ),
}
