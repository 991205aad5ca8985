"""Messages about receipts, labels, mail lists, compressed content and what is shown."""

from typing import Final

from esign.language.words import Text

_RECEIPTS: Final = {
    "receipt-not-requested": Text(
        "the message does not ask for a receipt",
        "сообщение не запрашивает подтверждения получения",
        "xabar qabul qilinganlik haqida tasdiq so'ramaydi",
        "хабар қабул қилинганлик ҳақида тасдиқ сўрамайди",
    ),
    "receipt-request-unproved": Text(
        "no signature that asks for a receipt holds",
        "ни одна подпись, запрашивающая подтверждение, не верна",
        "tasdiq so'ragan birorta imzo ham to'g'ri emas",
        "тасдиқ сўраган бирорта имзо ҳам тўғри эмас",
    ),
    "receipt-requests-differ": Text(
        "the signers ask for receipts differently",
        "подписавшие запрашивают подтверждение по-разному",
        "imzolovchilar tasdiqni turlicha so'ragan",
        "имзоловчилар тасдиқни турлича сўраган",
    ),
    "receipt-of-receipt": Text(
        "no receipt is given for a receipt",
        "на подтверждение получения подтверждение не даётся",
        "tasdiqning o'ziga tasdiq berilmaydi",
        "тасдиқнинг ўзига тасдиқ берилмайди",
    ),
    "receipt-policy-none": Text(
        "the mail list that passed the message on wants no receipts",
        "список рассылки, передавший сообщение, запрещает подтверждения",
        "xabarni uzatgan tarqatish ro'yxati tasdiqlarni taqiqlaydi",
        "хабарни узатган тарқатиш рўйхати тасдиқларни тақиқлайди",
    ),
    "receipt-not-first-tier": Text(
        "a receipt is asked only of who got the message without a mail list between",
        "подтверждение запрошено только у получивших сообщение без списка рассылки",
        "tasdiq faqat xabarni tarqatish ro'yxatisiz olganlardan so'ralgan",
        "тасдиқ фақат хабарни тарқатиш рўйхатисиз олганлардан сўралган",
    ),
    "receipt-not-listed": Text(
        "the recipient is not among those asked for a receipt",
        "получатель не входит в число тех, у кого запрошено подтверждение",
        "qabul qiluvchi tasdiq so'ralganlar orasida yo'q",
        "қабул қилувчи тасдиқ сўралганлар орасида йўқ",
    ),
    "receipt-malformed": Text(
        "the receipt cannot be read: {found}",
        "подтверждение получения не читается: {found}",
        "tasdiq o'qilmadi: {found}",
        "тасдиқ ўқилмади: {found}",
    ),
    "receipt-of-other-message": Text(
        "the receipt is about another message",
        "подтверждение относится к другому сообщению",
        "tasdiq boshqa xabarga tegishli",
        "тасдиқ бошқа хабарга тегишли",
    ),
    "receipt-original-unproved": Text(
        "the message that the receipt is about is not what its sender signed",
        "сообщение, к которому относится подтверждение, отличается от подписанного отправителем",
        "tasdiq tegishli bo'lgan xabar yuboruvchi imzolaganidan farq qiladi",
        "тасдиқ тегишли бўлган хабар юборувчи имзолаганидан фарқ қилади",
    ),
    "receipt-digest-missing": Text(
        "the receipt does not say what was received",
        "в подтверждении не указано, что именно получено",
        "tasdiqda aynan nima olingani ko'rsatilmagan",
        "тасдиқда айнан нима олингани кўрсатилмаган",
    ),
    "receipt-digest-differs": Text(
        "what was received is not what was sent",
        "получено не то, что было отправлено",
        "olingan narsa yuborilgani bilan bir xil emas",
        "олинган нарса юборилгани билан бир хил эмас",
    ),
    "receipt-content-differs": Text(
        "the receipt names the message otherwise than its sender did",
        "подтверждение называет сообщение иначе, чем отправитель",
        "tasdiq xabarni yuboruvchidan boshqacha ataydi",
        "тасдиқ хабарни юборувчидан бошқача атайди",
    ),
    "receipt-asks-receipt": Text(
        "the receipt itself asks for a receipt",
        "подтверждение само запрашивает подтверждение",
        "tasdiqning o'zi tasdiq so'raydi",
        "тасдиқнинг ўзи тасдиқ сўрайди",
    ),
    "receipt-with-history": Text(
        "the receipt bears the history of a mail list",
        "подтверждение несёт историю списка рассылки",
        "tasdiqda tarqatish ro'yxati tarixi bor",
        "тасдиқда тарқатиш рўйхати тарихи бор",
    ),
    "receipt-signer-not-asked": Text(
        "{subject} was not asked for a receipt",
        "у {subject} подтверждение не запрашивалось",
        "{subject} dan tasdiq so'ralmagan",
        "{subject} дан тасдиқ сўралмаган",
    ),
}

_VERDICTS: Final = {
    "receipt-confirms": Text(
        "{subject} has received exactly this message",
        "{subject} подтверждает получение именно этого сообщения",
        "{subject} aynan shu xabarni olganini tasdiqlaydi",
        "{subject} айнан шу хабарни олганини тасдиқлайди",
    ),
    "receipt-undetermined": Text(
        "whether {subject} has received this message cannot be confirmed",
        "получение этого сообщения ({subject}) подтвердить не удалось",
        "bu xabar olingani ({subject}) tasdiqlanmadi",
        "бу хабар олингани ({subject}) тасдиқланмади",
    ),
    "receipt-confirms-nothing": Text(
        "the receipt does not confirm that this message was received",
        "подтверждение не доказывает получение этого сообщения",
        "tasdiq bu xabar olinganini isbotlamaydi",
        "тасдиқ бу хабар олинганини исботламайди",
    ),
}

_REFERENCES: Final = {
    "content-identifier-missing": Text(
        "the signature bears no identifier by which another could refer to it",
        "в подписи нет идентификатора, по которому на неё можно сослаться",
        "imzoda unga havola qilish uchun identifikator yo'q",
        "имзода унга ҳавола қилиш учун идентификатор йўқ",
    ),
}

_LABELS: Final = {
    "security-labels-differ": Text(
        "the signers label the content differently",
        "подписавшие указали разные метки секретности",
        "imzolovchilar turli maxfiylik belgilarini ko'rsatgan",
        "имзоловчилар турли махфийлик белгиларини кўрсатган",
    ),
    "security-label-missing": Text(
        "not every signer bears the security label",
        "метка секретности указана не всеми подписавшими",
        "maxfiylik belgisini hamma imzolovchilar ham ko'rsatmagan",
        "махфийлик белгисини ҳамма имзоловчилар ҳам кўрсатмаган",
    ),
    "security-label-layers-differ": Text(
        "the label outside is {found}, inside it is {wanted}",
        "метка снаружи: {found}, внутри: {wanted}",
        "tashqi belgi: {found}, ichki belgi: {wanted}",
        "ташқи белги: {found}, ички белги: {wanted}",
    ),
}

_LISTS: Final = {
    "expansion-loop": Text(
        "the message has come back to the mail list {list}",
        "сообщение вернулось в список рассылки {list}",
        "xabar {list} tarqatish ro'yxatiga qaytib keldi",
        "хабар {list} тарқатиш рўйхатига қайтиб келди",
    ),
    "list-signature-unproved": Text(
        "a signature of the message does not hold: the list does not pass it on",
        "подпись сообщения неверна: список рассылки его не передаёт",
        "xabar imzosi noto'g'ri: tarqatish ro'yxati uni uzatmaydi",
        "хабар имзоси нотўғри: тарқатиш рўйхати уни узатмайди",
    ),
    "list-members-missing": Text(
        "the message is encrypted and the list has no member to encrypt it for",
        "сообщение зашифровано, а в списке рассылки нет участников, для которых его зашифровать",
        "xabar shifrlangan, ro'yxatda esa uni shifrlab yuborish uchun a'zo yo'q",
        "хабар шифрланган, рўйхатда эса уни шифрлаб юбориш учун аъзо йўқ",
    ),
    "expansion-histories-differ": Text(
        "the signers tell different histories of mail lists",
        "подписавшие указали разные истории списков рассылки",
        "imzolovchilar tarqatish ro'yxatlarining turli tarixini ko'rsatgan",
        "имзоловчилар тарқатиш рўйхатларининг турли тарихини кўрсатган",
    ),
}

_COMPRESSED: Final = {
    "compressed-malformed": Text(
        "the compressed content cannot be read: {found}",
        "сжатое содержимое не читается: {found}",
        "siqilgan mazmun o'qilmadi: {found}",
        "сиқилган мазмун ўқилмади: {found}",
    ),
    "compressed-too-large": Text(
        "the compressed content grows beyond {limit} octets",
        "распакованное содержимое превышает {limit} байт",
        "ochilgan mazmun {limit} baytdan oshadi",
        "очилган мазмун {limit} байтдан ошади",
    ),
}

_DISPLAY: Final = {
    "not-text": Text(
        "this part is no text: {found}",
        "эта часть не является текстом: {found}",
        "bu qism matn emas: {found}",
        "бу қисм матн эмас: {found}",
    ),
}

MESSAGES: Final[dict[str, Text]] = {
    **_RECEIPTS,
    **_VERDICTS,
    **_REFERENCES,
    **_LABELS,
    **_LISTS,
    **_COMPRESSED,
    **_DISPLAY,
}
