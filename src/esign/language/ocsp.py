"""Messages of the room `ocsp`: answers about the status of certificates."""

from typing import Final

from esign.language.words import Text

MESSAGES: Final[dict[str, Text]] = {
    "ocsp-malformed": Text(
        "the OCSP message cannot be read: {found}",
        "сообщение OCSP не читается: {found}",
        "OCSP xabari o'qilmadi: {found}",
        "OCSP хабари ўқилмади: {found}",
    ),
    "ocsp-refused": Text(
        "the OCSP responder gave no answer: {status}",
        "служба OCSP не дала ответа: {status}",
        "OCSP xizmati javob bermadi: {status}",
        "OCSP хизмати жавоб бермади: {status}",
    ),
    "ocsp-unusable": Text(
        "the OCSP response cannot be used: {reason}",
        "ответ OCSP нельзя использовать: {reason}",
        "OCSP javobidan foydalanib bo'lmaydi: {reason}",
        "OCSP жавобидан фойдаланиб бўлмайди: {reason}",
    ),
    "ocsp-signature-invalid": Text(
        "the signature of the OCSP response is not valid",
        "подпись ответа OCSP недействительна",
        "OCSP javobining imzosi haqiqiy emas",
        "OCSP жавобининг имзоси ҳақиқий эмас",
    ),
    "ocsp-responder-unknown": Text(
        "the OCSP response is signed by somebody who is neither the issuer nor in the response",
        "ответ OCSP подписан не издателем, а сертификата подписавшего в ответе нет",
        "OCSP javobini emitent imzolamagan, imzolovchining sertifikati esa javobda yo'q",
        "OCSP жавобини эмитент имзоламаган, имзоловчининг сертификати эса жавобда йўқ",
    ),
    "ocsp-responder-refused": Text(
        "the OCSP responder {responder} may not answer for the issuer: {reason}",
        "служба OCSP {responder} не вправе отвечать за издателя: {reason}",
        "OCSP xizmati {responder} emitent uchun javob berishga haqli emas: {reason}",
        "OCSP хизмати {responder} эмитент учун жавоб беришга ҳақли эмас: {reason}",
    ),
    "ocsp-responder-expired": Text(
        "the certificate of the OCSP responder {responder} is not valid at the time in question",
        "сертификат службы OCSP {responder} не действует в рассматриваемое время",
        "OCSP xizmati {responder} sertifikati ko'rilayotgan vaqtda amal qilmaydi",
        "OCSP хизмати {responder} сертификати кўрилаётган вақтда амал қилмайди",
    ),
    "ocsp-responder-unchecked": Text(
        "it is not known whether the OCSP responder {responder} is revoked",
        "неизвестно, отозван ли сертификат службы OCSP {responder}",
        "OCSP xizmati {responder} sertifikati bekor qilingani noma'lum",
        "OCSP хизмати {responder} сертификати бекор қилингани номаълум",
    ),
    "ocsp-extension-unknown": Text(
        "the OCSP response has a critical extension that is not known: {oid}",
        "в ответе OCSP есть неизвестное критическое расширение: {oid}",
        "OCSP javobida noma'lum muhim kengaytma bor: {oid}",
        "OCSP жавобида номаълум муҳим кенгайтма бор: {oid}",
    ),
    "ocsp-status-unknown": Text(
        "the OCSP responder does not know the certificate",
        "служба OCSP не знает этого сертификата",
        "OCSP xizmati bu sertifikatni bilmaydi",
        "OCSP хизмати бу сертификатни билмайди",
    ),
    "ocsp-not-yet-valid": Text(
        "the OCSP response is of a later time: {this_update}",
        "ответ OCSP относится к более позднему времени: {this_update}",
        "OCSP javobi keyingi vaqtga tegishli: {this_update}",
        "OCSP жавоби кейинги вақтга тегишли: {this_update}",
    ),
    "ocsp-stale": Text(
        "the OCSP response is out of date since {next_update}",
        "ответ OCSP устарел с {next_update}",
        "OCSP javobi {next_update} dan beri eskirgan",
        "OCSP жавоби {next_update} дан бери эскирган",
    ),
    "ocsp-too-old": Text(
        "the OCSP response is older than the policy allows: {this_update}",
        "ответ OCSP старше, чем допускает политика: {this_update}",
        "OCSP javobi siyosat ruxsat etganidan eski: {this_update}",
        "OCSP жавоби сиёсат рухсат этганидан эски: {this_update}",
    ),
    "ocsp-no-next-update": Text(
        "the OCSP response does not say until when it holds",
        "в ответе OCSP не указано, до какого времени он действует",
        "OCSP javobida u qachongacha amal qilishi ko'rsatilmagan",
        "OCSP жавобида у қачонгача амал қилиши кўрсатилмаган",
    ),
    "ocsp-after-expiry": Text(
        "the OCSP response is of a time after the certificate expired and names no earlier archive cutoff",
        "ответ OCSP дан после окончания срока сертификата и не говорит, что служба помнит такие",
        "OCSP javobi sertifikat muddati tugagach berilgan va xizmat bundaylarni eslashi aytilmagan",
        "OCSP жавоби сертификат муддати тугагач берилган ва хизмат бундайларни эслаши айтилмаган",
    ),
    "ocsp-signer-refused": Text(
        "{subject} may not answer for the authority: that needs a certificate by it for OCSPSigning",
        "{subject} не может отвечать за центр: нужен его сертификат для OCSPSigning",
        "{subject} markaz uchun javob bera olmaydi: buning uchun uning OCSPSigning sertifikati kerak",
        "{subject} марказ учун жавоб бера олмайди: бунинг учун унинг OCSPSigning сертификати керак",
    ),
}
