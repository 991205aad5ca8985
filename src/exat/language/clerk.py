"""Messages of the rooms `shell.clerk`, `shell.sending` and `shell.founding`: letters and people at a node."""

from typing import Final

from esign.language.words import Text

MESSAGES: Final[dict[str, Text]] = {
    "draft-unknown": Text(
        "there is no draft {draft}",
        "черновика {draft} нет",
        "{draft} qoralamasi yo'q",
        "{draft} қораламаси йўқ",
    ),
    "draft-signed": Text(
        "the draft {draft} is signed already; send it, or write a new one",
        "черновик {draft} уже подписан; отправьте его или напишите новый",
        "{draft} qoralamasi allaqachon imzolangan; uni yuboring yoki yangisini yozing",
        "{draft} қораламаси аллақачон имзоланган; уни юборинг ёки янгисини ёзинг",
    ),
    "draft-not-signed": Text(
        "the draft {draft} is not signed; sign it before sending",
        "черновик {draft} не подписан; подпишите его перед отправкой",
        "{draft} qoralamasi imzolanmagan; yuborishdan oldin uni imzolang",
        "{draft} қораламаси имзоланмаган; юборишдан олдин уни имзоланг",
    ),
    "draft-sent": Text(
        "the draft {draft} was sent already",
        "черновик {draft} уже отправлен",
        "{draft} qoralamasi allaqachon yuborilgan",
        "{draft} қораламаси аллақачон юборилган",
    ),
    "recipient-key-unusable": Text(
        "the certificate of {mailbox} cannot be used now ({found}); import a fresh bundle of that agency",
        "сертификат ящика {mailbox} сейчас нельзя использовать ({found}); импортируйте свежий справочник "
        "этой организации",
        "{mailbox} sertifikatidan hozir foydalanib bo'lmaydi ({found}); o'sha tashkilotning yangi "
        "ma'lumotnomasini import qiling",
        "{mailbox} сертификатидан ҳозир фойдаланиб бўлмайди ({found}); ўша ташкилотнинг янги "
        "маълумотномасини импорт қилинг",
    ),
    "officer-exists": Text(
        "there is a folder of {officer} below officers already; hand it over and remove it first",
        "папка {officer} в officers уже есть; сначала передайте и удалите её",
        "officers ichida {officer} papkasi allaqachon bor; avval uni topshiring va o'chiring",
        "officers ичида {officer} папкаси аллақачон бор; аввал уни топширинг ва ўчиринг",
    ),
    "letter-refused": Text(
        "the node refused the letter: {found}",
        "узел отказал в приёме письма: {found}",
        "tugun xatni qabul qilmadi: {found}",
        "тугун хатни қабул қилмади: {found}",
    ),
}
