"""Messages of the room `signing`: raising, joining and taking apart signatures."""

from typing import Final

from esign.language.words import Text

MESSAGES: Final[dict[str, Text]] = {
    "augmentation-refused": Text(
        "the signature cannot be augmented: {reason}",
        "подпись нельзя дополнить: {reason}",
        "imzoni to'ldirib bo'lmaydi: {reason}",
        "имзони тўлдириб бўлмайди: {reason}",
    ),
    "evidence-missing": Text(
        "validation data about {subject} are missing or do not suffice: {reason}",
        "данные для проверки {subject} отсутствуют или недостаточны: {reason}",
        "{subject} haqidagi tekshiruv ma'lumotlari yo'q yoki yetarli emas: {reason}",
        "{subject} ҳақидаги текширув маълумотлари йўқ ёки етарли эмас: {reason}",
    ),
    "structure-refused": Text(
        "the signatures cannot be put together so: {reason}",
        "подписи нельзя так соединить: {reason}",
        "imzolarni bunday birlashtirib bo'lmaydi: {reason}",
        "имзоларни бундай бирлаштириб бўлмайди: {reason}",
    ),
}
