"""Messages of the lowest rooms: errors, TLV reading, algorithms, keys, certificates."""

from typing import Final

from esign.language.words import Text

MESSAGES: Final = {
    "error": Text("{reason}", "{reason}", "{reason}", "{reason}"),
    "malformed-input": Text(
        "the data cannot be read: {found}",
        "данные не читаются: {found}",
        "ma'lumotlar o'qilmadi: {found}",
        "маълумотлар ўқилмади: {found}",
    ),
    "limit-exceeded": Text(
        "the data exceed the limit of {limit}: {found}",
        "данные превышают предел {limit}: {found}",
        "ma'lumotlar {limit} chegarasidan oshdi: {found}",
        "маълумотлар {limit} чегарасидан ошди: {found}",
    ),
    "unsupported-algorithm": Text(
        "the algorithm is not supported: {algorithm}",
        "алгоритм не поддерживается: {algorithm}",
        "algoritm qo'llab-quvvatlanmaydi: {algorithm}",
        "алгоритм қўллаб-қувватланмайди: {algorithm}",
    ),
    "key-unavailable": Text(
        "the private key cannot be used: {reason}",
        "закрытый ключ нельзя использовать: {reason}",
        "yopiq kalitdan foydalanib bo'lmaydi: {reason}",
        "ёпиқ калитдан фойдаланиб бўлмайди: {reason}",
    ),
    "wrong-passphrase": Text(
        "the passphrase does not open the key",
        "пароль не подходит к ключу",
        "parol kalitga mos kelmadi",
        "парол калитга мос келмади",
    ),
    "passphrase-needed": Text(
        "the key is encrypted and no passphrase was given",
        "ключ зашифрован, а пароль не указан",
        "kalit shifrlangan, parol esa berilmagan",
        "калит шифрланган, парол эса берилмаган",
    ),
    "key-mismatch": Text(
        "the private key does not belong to the certificate",
        "закрытый ключ не соответствует сертификату",
        "yopiq kalit sertifikatga tegishli emas",
        "ёпиқ калит сертификатга тегишли эмас",
    ),
    "secret-unavailable": Text(
        "no passphrase could be read from {source}; forms: {forms}",
        "не удалось прочитать пароль из {source}; формы: {forms}",
        "parolni {source} dan o'qib bo'lmadi; shakllar: {forms}",
        "паролни {source} дан ўқиб бўлмади; шакллар: {forms}",
    ),
    "certificate-malformed": Text(
        "the certificate cannot be read: {found}",
        "сертификат не читается: {found}",
        "sertifikat o'qilmadi: {found}",
        "сертификат ўқилмади: {found}",
    ),
    "crl-malformed": Text(
        "the revocation list cannot be read: {found}",
        "список отозванных сертификатов не читается: {found}",
        "bekor qilingan sertifikatlar ro'yxati o'qilmadi: {found}",
        "бекор қилинган сертификатлар рўйхати ўқилмади: {found}",
    ),
}
