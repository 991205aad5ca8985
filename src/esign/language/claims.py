"""Messages of the room `claims`: what a signer says of the signature, which nobody has checked."""

from typing import Final

from esign.language.words import Text

MESSAGES: Final[dict[str, Text]] = {
    "label-claims": Text(
        "The signer says (not checked)",
        "Подписавший заявляет (не проверено)",
        "Imzolovchi aytadi (tekshirilmagan)",
        "Имзоловчи айтади (текширилмаган)",
    ),
    "claim-commitment": Text(
        "meaning of the signature",
        "значение подписи",
        "imzoning ma'nosi",
        "имзонинг маъноси",
    ),
    "claim-role": Text(
        "in the role of",
        "в качестве",
        "vazifasi",
        "вазифаси",
    ),
    "claim-location": Text(
        "signed in",
        "место подписания",
        "imzolangan joy",
        "имзоланган жой",
    ),
    "claim-policy": Text(
        "by the signature policy",
        "по политике подписи",
        "imzo siyosati",
        "имзо сиёсати",
    ),
    "claim-policy-implied": Text(
        "one that is known from elsewhere",
        "известная из других источников",
        "boshqa manbadan ma'lum",
        "бошқа манбадан маълум",
    ),
    "claim-media-type": Text(
        "kind of the document",
        "вид документа",
        "hujjat turi",
        "ҳужжат тури",
    ),
    "claim-description": Text(
        "about the document",
        "о документе",
        "hujjat haqida",
        "ҳужжат ҳақида",
    ),
    "claim-certified": Text(
        "attributes by others, which are not judged",
        "атрибуты от третьих лиц, не оцениваются",
        "boshqalar bergan atributlar, baholanmaydi",
        "бошқалар берган атрибутлар, баҳоланмайди",
    ),
    "commitment-origin": Text(
        "made and sent the document",
        "создал и отправил документ",
        "hujjatni yaratgan va yuborgan",
        "ҳужжатни яратган ва юборган",
    ),
    "commitment-receipt": Text(
        "received the document",
        "получил документ",
        "hujjatni olgan",
        "ҳужжатни олган",
    ),
    "commitment-delivery": Text(
        "delivered the document",
        "доставил документ",
        "hujjatni yetkazgan",
        "ҳужжатни етказган",
    ),
    "commitment-sender": Text(
        "sent the document, which others may have made",
        "отправил документ, созданный, возможно, другим",
        "hujjatni yuborgan, uni boshqa yaratgan bo'lishi mumkin",
        "ҳужжатни юборган, уни бошқа яратган бўлиши мумкин",
    ),
    "commitment-approval": Text(
        "approves the document",
        "одобряет документ",
        "hujjatni ma'qullaydi",
        "ҳужжатни маъқуллайди",
    ),
    "commitment-creation": Text(
        "made the document",
        "создал документ",
        "hujjatni yaratgan",
        "ҳужжатни яратган",
    ),
    "label-countersignature": Text(
        "Countersignature {number} of {total}",
        "Заверяющая подпись {number} из {total}",
        "Tasdiqlovchi imzo {number}, jami {total}",
        "Тасдиқловчи имзо {number}, жами {total}",
    ),
}
