"""Messages of the room `national`: certificates of the Uzbek authorities."""

from typing import Final

from esign.language.words import Text

MESSAGES: Final = {
    "national-parameter-set": Text(
        "the key names the parameter set {oid}, its point lies on the curve {curve}",
        "ключ называет набор параметров {oid}, а его точка лежит на кривой {curve}",
        "kalit {oid} parametrlar to'plamini ko'rsatadi, nuqtasi esa {curve} egri chizig'ida yotadi",
        "калит {oid} параметрлар тўпламини кўрсатади, нуқтаси эса {curve} эгри чизиғида ётади",
    ),
    "national-number": Text(
        "{kind} has not the form of such a number: {found}",
        "{kind} не имеет вида такого номера: {found}",
        "{kind} bunday raqam shakliga ega emas: {found}",
        "{kind} бундай рақам шаклига эга эмас: {found}",
    ),
    "national-authority-identifier": Text(
        "the certificate of the authority has no key identifier",
        "в сертификате удостоверяющего центра нет идентификатора ключа",
        "markaz sertifikatida kalit identifikatori yo'q",
        "марказ сертификатида калит идентификатори йўқ",
    ),
    "national-authority-lists": Text(
        "the key of the authority is not meant to sign revocation lists",
        "ключ удостоверяющего центра не предназначен для подписи списков отозванных сертификатов",
        "markazning kaliti bekor qilingan sertifikatlar ro'yxatini imzolashga mo'ljallanmagan",
        "марказнинг калити бекор қилинган сертификатлар рўйхатини имзолашга мўлжалланмаган",
    ),
    "legal-authentic": Text(
        "the signature is authentic",
        "подпись подлинна",
        "imzo haqiqiy",
        "имзо ҳақиқий",
    ),
    "legal-not-authentic": Text(
        "the signature is not authentic",
        "подпись не подлинна",
        "imzo haqiqiy emas",
        "имзо ҳақиқий эмас",
    ),
    "legal-authentic-unknown": Text(
        "whether the signature is authentic could not be checked",
        "подлинность подписи проверить не удалось",
        "imzoning haqiqiyligini tekshirib bo'lmadi",
        "имзонинг ҳақиқийлигини текшириб бўлмади",
    ),
    "legal-certificate-valid": Text(
        "the certificate was valid at the time that is proved, or is valid now",
        "сертификат действовал на доказанный момент подписания или действует сейчас",
        "sertifikat imzolashning isbotlangan vaqtida amal qilgan yoki hozir amal qilmoqda",
        "сертификат имзолашнинг исботланган вақтида амал қилган ёки ҳозир амал қилмоқда",
    ),
    "legal-certificate-not-valid": Text(
        "the certificate is not valid now, and an earlier time of signing is not proved",
        "сертификат сейчас не действует, а более ранний момент подписания не доказан",
        "sertifikat hozir amal qilmaydi, imzolashning avvalroq vaqti esa isbotlanmagan",
        "сертификат ҳозир амал қилмайди, имзолашнинг аввалроқ вақти эса исботланмаган",
    ),
    "legal-certificate-unknown": Text(
        "whether the certificate is valid could not be established",
        "действителен ли сертификат, установить не удалось",
        "sertifikat amal qilishini aniqlab bo'lmadi",
        "сертификат амал қилишини аниқлаб бўлмади",
    ),
    "legal-purpose-matches": Text(
        "the certificate is for this use: {wanted}",
        "сертификат предназначен для этого: {wanted}",
        "sertifikat shu maqsad uchun: {wanted}",
        "сертификат шу мақсад учун: {wanted}",
    ),
    "legal-purpose-differs": Text(
        "the certificate is for other uses: {found}, not for {wanted}",
        "сертификат предназначен для другого: {found}, а не для {wanted}",
        "sertifikat boshqa maqsadlar uchun: {found}, {wanted} uchun emas",
        "сертификат бошқа мақсадлар учун: {found}, {wanted} учун эмас",
    ),
    "legal-purpose-unknown": Text(
        "what the document is for was not told; the certificate is for: {found}",
        "назначение документа не указано; сертификат предназначен для: {found}",
        "hujjatning maqsadi ko'rsatilmagan; sertifikat quyidagilar uchun: {found}",
        "ҳужжатнинг мақсади кўрсатилмаган; сертификат қуйидагилар учун: {found}",
    ),
    "label-legal": Text(
        "Conditions of the law of Uzbekistan (O'RQ-793, article 4)",
        "Условия закона Узбекистана (O'RQ-793, статья 4)",
        "O'zbekiston qonuni shartlari (O'RQ-793, 4-modda)",
        "Ўзбекистон қонуни шартлари (ЎРҚ-793, 4-модда)",
    ),
}
