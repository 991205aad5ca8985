"""Messages of the room `revocation`: lists of revoked certificates."""

from typing import Final

from esign.language.words import Text

MESSAGES: Final[dict[str, Text]] = {
    "crl-signature-invalid": Text(
        "the revocation list was not signed by the issuer of the certificate",
        "список отозванных не подписан издателем сертификата",
        "bekor qilinganlar ro'yxati sertifikat beruvchisi tomonidan imzolanmagan",
        "бекор қилинганлар рўйхати сертификат берувчиси томонидан имзоланмаган",
    ),
    "crl-unusable": Text(
        "the revocation list cannot be used: {reason}",
        "список отозванных нельзя использовать: {reason}",
        "bekor qilinganlar ro'yxatidan foydalanib bo'lmaydi: {reason}",
        "бекор қилинганлар рўйхатидан фойдаланиб бўлмайди: {reason}",
    ),
    "crl-extension-unknown": Text(
        "the revocation list has a critical extension that is not understood: {oid}",
        "в списке отозванных есть неизвестное критическое расширение: {oid}",
        "bekor qilinganlar ro'yxatida noma'lum kritik kengaytma bor: {oid}",
        "бекор қилинганлар рўйхатида номаълум критик кенгайтма бор: {oid}",
    ),
    "crl-delta-only": Text(
        "the revocation list holds changes only",
        "список отозванных содержит только изменения",
        "bekor qilinganlar ro'yxatida faqat o'zgarishlar bor",
        "бекор қилинганлар рўйхатида фақат ўзгаришлар бор",
    ),
    "crl-not-yet-valid": Text(
        "the revocation list was made later, on {this_update}",
        "список отозванных составлен позже, {this_update}",
        "bekor qilinganlar ro'yxati keyinroq tuzilgan, {this_update}",
        "бекор қилинганлар рўйхати кейинроқ тузилган, {this_update}",
    ),
    "crl-no-next-update": Text(
        "the revocation list does not say how long it is good",
        "в списке отозванных не указан срок обновления",
        "bekor qilinganlar ro'yxatida yangilanish muddati ko'rsatilmagan",
        "бекор қилинганлар рўйхатида янгиланиш муддати кўрсатилмаган",
    ),
    "crl-stale": Text(
        "the revocation list is out of date since {next_update}",
        "список отозванных устарел {next_update}",
        "bekor qilinganlar ro'yxati eskirgan, {next_update}",
        "бекор қилинганлар рўйхати эскирган, {next_update}",
    ),
    "crl-signer-usage": Text(
        "the key of the issuer may not sign revocation lists",
        "ключ издателя не предназначен для подписи списков отозванных",
        "beruvchining kaliti bekor qilinganlar ro'yxatini imzolashga mo'ljallanmagan",
        "берувчининг калити бекор қилинганлар рўйхатини имзолашга мўлжалланмаган",
    ),
    "crl-scope": Text(
        "the revocation list is not meant for this certificate",
        "список отозванных составлен не для этого сертификата",
        "bekor qilinganlar ro'yxati bu sertifikat uchun emas",
        "бекор қилинганлар рўйхати бу сертификат учун эмас",
    ),
    "crl-partial-reasons": Text(
        "the revocation lists do not cover these reasons: {reasons}",
        "списки отозванных не охватывают причины: {reasons}",
        "bekor qilinganlar ro'yxatlari bu sabablarni qamramaydi: {reasons}",
        "бекор қилинганлар рўйхатлари бу сабабларни қамрамайди: {reasons}",
    ),
    "crl-superseded": Text(
        "there is a newer revocation list",
        "есть более новый список отозванных",
        "bekor qilinganlarning yangiroq ro'yxati bor",
        "бекор қилинганларнинг янгироқ рўйхати бор",
    ),
    "crl-too-old": Text(
        "the revocation list of {this_update} is older than {limit} seconds",
        "список отозванных от {this_update} старше {limit} секунд",
        "{this_update} dagi bekor qilinganlar ro'yxati {limit} soniyadan eski",
        "{this_update} даги бекор қилинганлар рўйхати {limit} сониядан эски",
    ),
    "crl-version-1": Text(
        "the revocation list is of version 1: it has no number and no scope",
        "список отозванных версии 1: без номера и области действия",
        "bekor qilinganlar ro'yxati 1-versiyada: raqami va qamrovi yo'q",
        "бекор қилинганлар рўйхати 1-версияда: рақами ва қамрови йўқ",
    ),
    "crl-entry-issuer": Text(
        "the revocation list names other issuers in its lines without saying that it may",
        "строки списка отозванных названы для других издателей, хотя список этого не допускает",
        "ro'yxat satrlarida boshqa beruvchilar ko'rsatilgan, ammo ro'yxat bunga yo'l qo'ymaydi",
        "рўйхат сатрларида бошқа берувчилар кўрсатилган, аммо рўйхат бунга йўл қўймайди",
    ),
    "crl-issuer-missing": Text(
        "the certificate of the issuer of the revocation list is not there",
        "нет сертификата издателя списка отозванных",
        "bekor qilinganlar ro'yxatini beruvchining sertifikati yo'q",
        "бекор қилинганлар рўйхатини берувчининг сертификати йўқ",
    ),
    "crl-issuer-path": Text(
        "the certificate of the issuer of the revocation list is not valid: {reason}",
        "сертификат издателя списка отозванных недействителен: {reason}",
        "bekor qilinganlar ro'yxatini beruvchining sertifikati yaroqsiz: {reason}",
        "бекор қилинганлар рўйхатини берувчининг сертификати яроқсиз: {reason}",
    ),
    "crl-issuer-unrelated": Text(
        "another authority certified the key that signed the revocation list: {issuer}",
        "ключ подписи списка отозванных заверен другим удостоверяющим центром: {issuer}",
        "bekor qilinganlar ro'yxati imzolangan kalitni boshqa markaz tasdiqlagan: {issuer}",
        "бекор қилинганлар рўйхати имзоланган калитни бошқа марказ тасдиқлаган: {issuer}",
    ),
    "crl-issuer-loop": Text(
        "the issuer of the revocation list speaks about itself",
        "издатель списка отозванных свидетельствует о самом себе",
        "bekor qilinganlar ro'yxatini beruvchi o'zi haqida guvohlik beradi",
        "бекор қилинганлар рўйхатини берувчи ўзи ҳақида гувоҳлик беради",
    ),
}
