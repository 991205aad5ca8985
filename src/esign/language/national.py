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
}
