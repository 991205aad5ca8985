"""Messages of the room `tsp`: time stamps."""

from typing import Final

from esign.language.words import Text

MESSAGES: Final[dict[str, Text]] = {
    "tsp-malformed": Text(
        "the time-stamp message cannot be read: {found}",
        "сообщение о штампе времени не читается: {found}",
        "vaqt tamg'asi xabari o'qilmadi: {found}",
        "вақт тамғаси хабари ўқилмади: {found}",
    ),
    "tsp-signer-mismatch": Text(
        "the time stamp does not name this certificate as its signer",
        "штамп времени не называет этот сертификат своим",
        "vaqt tamg'asi bu sertifikatni o'z imzolovchisi deb ko'rsatmagan",
        "вақт тамғаси бу сертификатни ўз имзоловчиси деб кўрсатмаган",
    ),
    "tsp-signer-usage": Text(
        "the certificate may not make time stamps: extKeyUsage must be timeStamping alone and critical",
        "сертификат не для штампов времени: extKeyUsage должно быть критическим и только timeStamping",
        "sertifikat vaqt tamg'asi uchun emas: extKeyUsage muhim va faqat timeStamping bo'lishi kerak",
        "сертификат вақт тамғаси учун эмас: extKeyUsage муҳим ва фақат timeStamping бўлиши керак",
    ),
    "tsp-signature-invalid": Text(
        "the signature of the time stamp is not valid",
        "подпись штампа времени недействительна",
        "vaqt tamg'asining imzosi haqiqiy emas",
        "вақт тамғасининг имзоси ҳақиқий эмас",
    ),
    "tsp-answer-mismatch": Text(
        "the time stamp is not what was asked for: {field}",
        "штамп времени не тот, что запрашивался: {field}",
        "vaqt tamg'asi so'ralgani emas: {field}",
        "вақт тамғаси сўралгани эмас: {field}",
    ),
    "tsp-refused": Text(
        "the time-stamp authority gave no time stamp: {reason}",
        "служба штампов времени не выдала штамп: {reason}",
        "vaqt tamg'asi xizmati tamg'a bermadi: {reason}",
        "вақт тамғаси хизмати тамға бермади: {reason}",
    ),
    "label-proved-time": Text(
        "Proved: made not later than",
        "Доказано: создана не позднее",
        "Isbotlangan: quyidagi vaqtdan kech emas",
        "Исботланган: қуйидаги вақтдан кеч эмас",
    ),
    "stamp-content": Text(
        "Time stamp over the document",
        "Метка времени документа",
        "Hujjatning vaqt belgisi",
        "Ҳужжатнинг вақт белгиси",
    ),
    "stamp-signature": Text(
        "Time stamp over the signature",
        "Метка времени подписи",
        "Imzoning vaqt belgisi",
        "Имзонинг вақт белгиси",
    ),
    "stamp-references": Text(
        "Time stamp over signature and references",
        "Метка времени подписи и ссылок",
        "Imzo va havolalarning vaqt belgisi",
        "Имзо ва ҳаволаларнинг вақт белгиси",
    ),
    "stamp-archive": Text(
        "Archive time stamp",
        "Архивная метка времени",
        "Arxiv vaqt belgisi",
        "Архив вақт белгиси",
    ),
    "stamp-evidence-record": Text(
        "Time stamp of an evidence record",
        "Метка времени доказательной записи",
        "Dalil yozuvining vaqt belgisi",
        "Далил ёзувининг вақт белгиси",
    ),
    "stamp-document": Text(
        "Time stamp",
        "Метка времени",
        "Vaqt belgisi",
        "Вақт белгиси",
    ),
}
