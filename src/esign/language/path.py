"""Messages of the room `path`: what is wrong with a certificate, its policies or its way to an anchor."""

from typing import Final

from esign.language.words import Text

MESSAGES: Final[dict[str, Text]] = {
    "no-valid-policy": Text(
        "the path is valid for none of the certificate policies that are demanded",
        "цепочка не действительна ни для одной из требуемых политик сертификата",
        "zanjir talab qilingan sertifikat siyosatlarining birortasi uchun ham haqiqiy emas",
        "занжир талаб қилинган сертификат сиёсатларининг бирортаси учун ҳам ҳақиқий эмас",
    ),
    "extension-critical": Text(
        "the extension {oid} is critical, which it must never be",
        "расширение {oid} помечено критическим, чего быть не должно",
        "{oid} kengaytmasi kritik deb belgilangan, bunday bo'lishi mumkin emas",
        "{oid} кенгайтмаси критик деб белгиланган, бундай бўлиши мумкин эмас",
    ),
    "extension-not-critical": Text(
        "the extension {oid} limits an authority and must be critical, but is not",
        "расширение {oid} ограничивает удостоверяющий центр и должно быть критическим, но не является им",
        "{oid} kengaytmasi markazni cheklaydi va kritik bo'lishi shart, ammo unday emas",
        "{oid} кенгайтмаси марказни чеклайди ва критик бўлиши шарт, аммо ундай эмас",
    ),
    "issuer-empty": Text(
        "the certificate does not name its issuer",
        "в сертификате не назван издатель",
        "sertifikatda beruvchi ko'rsatilmagan",
        "сертификатда берувчи кўрсатилмаган",
    ),
    "subject-empty": Text(
        "the certificate does not name its holder as it must",
        "в сертификате не назван владелец, как это требуется",
        "sertifikatda egasi talab qilinganidek ko'rsatilmagan",
        "сертификатда эгаси талаб қилинганидек кўрсатилмаган",
    ),
    "name-malformed": Text(
        "the certificate bears a host name or address that is none: {name}",
        "в сертификате указано неверное имя узла или адрес: {name}",
        "sertifikatda noto'g'ri tugun nomi yoki manzili bor: {name}",
        "сертификатда нотўғри тугун номи ёки манзили бор: {name}",
    ),
    "serial-number-malformed": Text(
        "the serial number of the certificate is not a positive number of at most 20 octets",
        "серийный номер сертификата не является положительным числом не длиннее 20 октетов",
        "sertifikatning seriya raqami 20 oktetdan oshmaydigan musbat son emas",
        "сертификатнинг серия рақами 20 октетдан ошмайдиган мусбат сон эмас",
    ),
    "certificate-signing-by-no-authority": Text(
        "the key may sign certificates, but its holder is no authority",
        "ключ предназначен для подписи сертификатов, но владелец не является удостоверяющим центром",
        "kalit sertifikatlarni imzolashga mo'ljallangan, ammo egasi ro'yxatga olish markazi emas",
        "калит сертификатларни имзолашга мўлжалланган, аммо эгаси рўйхатга олиш маркази эмас",
    ),
    "name-constraints-of-no-authority": Text(
        "the certificate constrains names, but its holder is no authority",
        "сертификат ограничивает имена, но его владелец не является удостоверяющим центром",
        "sertifikat nomlarni cheklaydi, ammo egasi ro'yxatga olish markazi emas",
        "сертификат номларни чеклайди, аммо эгаси рўйхатга олиш маркази эмас",
    ),
    "basic-constraints-not-critical": Text(
        "the certificate says that its holder is an authority, but not in a critical extension",
        "то, что владелец является удостоверяющим центром, указано не в критическом расширении",
        "egasining ro'yxatga olish markazi ekani kritik bo'lmagan kengaytmada ko'rsatilgan",
        "эгасининг рўйхатга олиш маркази экани критик бўлмаган кенгайтмада кўрсатилган",
    ),
    "subject-key-identifier-missing": Text(
        "the certificate of the authority does not bear the identifier of its key",
        "в сертификате удостоверяющего центра нет идентификатора его ключа",
        "markaz sertifikatida uning kaliti identifikatori yo'q",
        "марказ сертификатида унинг калити идентификатори йўқ",
    ),
    "authority-key-identifier-missing": Text(
        "the certificate does not bear the identifier of the key that signed it",
        "в сертификате нет идентификатора ключа, которым он подписан",
        "sertifikatda uni imzolagan kalit identifikatori yo'q",
        "сертификатда уни имзолаган калит идентификатори йўқ",
    ),
}
