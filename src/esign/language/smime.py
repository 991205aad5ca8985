"""Messages of the rooms `mime` and `smime`."""

from typing import Final

from esign.language.words import Text

_MIME: Final = {
    "bare-line-feed": Text(
        "a line feed stands without its carriage return",
        "символ LF стоит без CR",
        "LF belgisi CR belgisisiz turibdi",
        "LF белгиси CR белгисисиз турибди",
    ),
    "bare-carriage-return": Text(
        "a carriage return stands without its line feed",
        "символ CR стоит без LF",
        "CR belgisi LF belgisisiz turibdi",
        "CR белгиси LF белгисисиз турибди",
    ),
    "nul-octet": Text(
        "the message holds a NUL octet",
        "в сообщении есть нулевой байт",
        "xabarda nol bayt bor",
        "хабарда ноль байт бор",
    ),
    "header-too-large": Text(
        "the header is larger than {limit} octets",
        "заголовок больше {limit} байт",
        "sarlavha {limit} baytdan katta",
        "сарлавҳа {limit} байтдан катта",
    ),
    "header-too-many-fields": Text(
        "the header has more than {limit} fields",
        "в заголовке больше {limit} полей",
        "sarlavhada {limit} tadan ortiq maydon bor",
        "сарлавҳада {limit} тадан ортиқ майдон бор",
    ),
    "header-line-too-long": Text(
        "a header line is longer than {limit} octets",
        "строка заголовка длиннее {limit} байт",
        "sarlavha satri {limit} baytdan uzun",
        "сарлавҳа сатри {limit} байтдан узун",
    ),
    "header-unended": Text(
        "the last header line has no line end",
        "последняя строка заголовка не завершена",
        "sarlavhaning oxirgi satri tugallanmagan",
        "сарлавҳанинг охирги сатри тугалланмаган",
    ),
    "header-duplicate": Text(
        "the header field {name} stands more than once",
        "поле заголовка {name} указано более одного раза",
        "sarlavhadagi {name} maydoni bir martadan ortiq ko'rsatilgan",
        "сарлавҳадаги {name} майдони бир мартадан ортиқ кўрсатилган",
    ),
    "header-not-utf8": Text(
        "a header field is not UTF-8",
        "поле заголовка не в кодировке UTF-8",
        "sarlavha maydoni UTF-8 kodlashda emas",
        "сарлавҳа майдони UTF-8 кодлашда эмас",
    ),
    "header-control-character": Text(
        "a header field holds a control character",
        "в поле заголовка есть управляющий символ",
        "sarlavha maydonida boshqaruv belgisi bor",
        "сарлавҳа майдонида бошқарув белгиси бор",
    ),
    "header-unsafe": Text(
        "a header field cannot be written with a line end or a control character in it",
        "поле заголовка нельзя записать с концом строки или управляющим символом",
        "sarlavha maydonini satr oxiri yoki boshqaruv belgisi bilan yozib bo'lmaydi",
        "сарлавҳа майдонини сатр охири ёки бошқарув белгиси билан ёзиб бўлмайди",
    ),
    "field-syntax": Text(
        "this is no header field: {found}",
        "это не поле заголовка: {found}",
        "bu sarlavha maydoni emas: {found}",
        "бу сарлавҳа майдони эмас: {found}",
    ),
    "folding-syntax": Text(
        "a continuation line stands without its field, or is empty",
        "строка продолжения стоит без поля или пуста",
        "davom satri maydonsiz turibdi yoki bo'sh",
        "давом сатри майдонсиз турибди ёки бўш",
    ),
    "content-type-syntax": Text(
        "the content type cannot be read: {found}",
        "тип содержимого не читается: {found}",
        "mazmun turi o'qilmadi: {found}",
        "мазмун тури ўқилмади: {found}",
    ),
    "disposition-syntax": Text(
        "the content disposition cannot be read: {found}",
        "поле Content-Disposition не читается: {found}",
        "Content-Disposition maydoni o'qilmadi: {found}",
        "Content-Disposition майдони ўқилмади: {found}",
    ),
    "parameter-syntax": Text(
        "a parameter cannot be read: {found}",
        "параметр не читается: {found}",
        "parametr o'qilmadi: {found}",
        "параметр ўқилмади: {found}",
    ),
    "parameter-duplicate": Text(
        "the parameter {found} stands twice",
        "параметр {found} указан дважды",
        "{found} parametri ikki marta ko'rsatilgan",
        "{found} параметри икки марта кўрсатилган",
    ),
    "too-many-parameters": Text(
        "a field has more than {limit} parameters",
        "в поле больше {limit} параметров",
        "maydonda {limit} tadan ortiq parametr bor",
        "майдонда {limit} тадан ортиқ параметр бор",
    ),
    "not-multipart": Text(
        "the type {found} has no parts",
        "тип {found} не состоит из частей",
        "{found} turi qismlardan iborat emas",
        "{found} тури қисмлардан иборат эмас",
    ),
    "boundary-syntax": Text(
        "the boundary between parts cannot be read: {found}",
        "граница частей не читается: {found}",
        "qismlar chegarasi o'qilmadi: {found}",
        "қисмлар чегараси ўқилмади: {found}",
    ),
    "boundary-ambiguous": Text(
        "a line of the content looks like the boundary between parts",
        "строка содержимого похожа на границу частей",
        "mazmundagi satr qismlar chegarasiga o'xshaydi",
        "мазмундаги сатр қисмлар чегарасига ўхшайди",
    ),
    "boundary-after-close": Text(
        "the boundary stands again after the end of the parts",
        "граница встречается снова после конца частей",
        "chegara qismlar tugagandan keyin yana uchraydi",
        "чегара қисмлар тугагандан кейин яна учрайди",
    ),
    "multipart-unclosed": Text(
        "the end of the parts is missing",
        "нет конца частей",
        "qismlarning oxiri yo'q",
        "қисмларнинг охири йўқ",
    ),
    "multipart-empty": Text(
        "the multipart body has no part",
        "составное тело не содержит частей",
        "tarkibli mazmunda qism yo'q",
        "таркибли мазмунда қисм йўқ",
    ),
    "too-many-parts": Text(
        "the message has more than {limit} parts",
        "в сообщении больше {limit} частей",
        "xabarda {limit} tadan ortiq qism bor",
        "хабарда {limit} тадан ортиқ қисм бор",
    ),
    "too-deep": Text(
        "the parts are nested deeper than {limit} levels",
        "части вложены глубже {limit} уровней",
        "qismlar {limit} darajadan chuqur joylashgan",
        "қисмлар {limit} даражадан чуқур жойлашган",
    ),
    "transfer-encoding-unknown": Text(
        "the transfer encoding is not known: {found}",
        "неизвестная транспортная кодировка: {found}",
        "uzatish kodlashi noma'lum: {found}",
        "узатиш кодлаши номаълум: {found}",
    ),
    "transfer-encoding-composite": Text(
        "parts or a message may not be encoded as {found}",
        "составное содержимое нельзя кодировать как {found}",
        "tarkibli mazmunni {found} bilan kodlab bo'lmaydi",
        "таркибли мазмунни {found} билан кодлаб бўлмайди",
    ),
    "base64-syntax": Text(
        "the base64 content is broken",
        "содержимое в base64 повреждено",
        "base64 mazmuni buzilgan",
        "base64 мазмуни бузилган",
    ),
    "quoted-printable-syntax": Text(
        "the quoted-printable content is broken",
        "содержимое в quoted-printable повреждено",
        "quoted-printable mazmuni buzilgan",
        "quoted-printable мазмуни бузилган",
    ),
}

_SMIME: Final = {
    "signed-structure": Text(
        "a signed message must be the content and its signature, found {found}",
        "подписанное сообщение должно состоять из содержимого и подписи, найдено {found}",
        "imzolangan xabar mazmun va imzodan iborat bo'lishi kerak, topilgani {found}",
        "имзоланган хабар мазмун ва имзодан иборат бўлиши керак, топилгани {found}",
    ),
    "unsigned-sibling": Text(
        "unsigned content stands beside the signed content",
        "рядом с подписанным содержимым стоит неподписанное",
        "imzolangan mazmun yonida imzolanmagan mazmun bor",
        "имзоланган мазмун ёнида имзоланмаган мазмун бор",
    ),
    "detached-signature-with-content": Text(
        "the signature beside the content holds another content",
        "подпись рядом с содержимым несёт другое содержимое",
        "mazmun yonidagi imzo ichida boshqa mazmun bor",
        "мазмун ёнидаги имзо ичида бошқа мазмун бор",
    ),
    "signed-data-without-content": Text(
        "the signed data hold no message",
        "подписанные данные не содержат сообщения",
        "imzolangan ma'lumotlarda xabar yo'q",
        "имзоланган маълумотларда хабар йўқ",
    ),
    "signature-without-signers": Text(
        "the signature has no signer",
        "в подписи нет подписавшего",
        "imzoda imzolovchi yo'q",
        "имзода имзоловчи йўқ",
    ),
    "smime-type-differs": Text(
        "the message says {found} and is {wanted}",
        "в сообщении указано {found}, а на деле {wanted}",
        "xabarda {found} deyilgan, aslida {wanted}",
        "хабарда {found} дейилган, аслида {wanted}",
    ),
    "smime-kind-unsupported": Text(
        "this kind of S/MIME content is not read: {found}",
        "такой вид содержимого S/MIME не читается: {found}",
        "S/MIME mazmunining bu turi o'qilmaydi: {found}",
        "S/MIME мазмунининг бу тури ўқилмайди: {found}",
    ),
    "too-many-layers": Text(
        "the message has more than {limit} layers of signatures and envelopes",
        "в сообщении больше {limit} слоёв подписей и шифрования",
        "xabarda {limit} tadan ortiq imzo va shifrlash qatlami bor",
        "хабарда {limit} тадан ортиқ имзо ва шифрлаш қатлами бор",
    ),
    "envelope-nested": Text(
        "the envelope holds another envelope",
        "внутри зашифрованного содержимого ещё одно зашифрованное",
        "shifrlangan mazmun ichida yana shifrlangan mazmun bor",
        "шифрланган мазмун ичида яна шифрланган мазмун бор",
    ),
    "envelope-unauthenticated": Text(
        "nothing vouches for the encrypted content: it may have been changed on its way",
        "целостность зашифрованного содержимого ничем не подтверждена: его могли изменить в пути",
        "shifrlangan mazmun yaxlitligi tasdiqlanmagan: u yo'lda o'zgartirilgan bo'lishi mumkin",
        "шифрланган мазмун яхлитлиги тасдиқланмаган: у йўлда ўзгартирилган бўлиши мумкин",
    ),
    "layer-not-at-root": Text(
        "a signature or an encrypted part stands inside the message and does not cover it",
        "подпись или зашифрованная часть стоит внутри сообщения и не охватывает его",
        "imzo yoki shifrlangan qism xabar ichida turibdi va uni to'liq qamrab olmaydi",
        "имзо ёки шифрланган қисм хабар ичида турибди ва уни тўлиқ қамраб олмайди",
    ),
    "payload-unreadable": Text(
        "the parts of the message cannot be read: {reason}",
        "части сообщения не читаются: {reason}",
        "xabar qismlari o'qilmadi: {reason}",
        "хабар қисмлари ўқилмади: {reason}",
    ),
    "content-not-canonical": Text(
        "the content was written with line ends other than CRLF",
        "содержимое записано с концами строк, отличными от CRLF",
        "mazmun CRLF dan boshqa satr oxirlari bilan yozilgan",
        "мазмун CRLF дан бошқа сатр охирлари билан ёзилган",
    ),
    "hp-outer-syntax": Text(
        "the field HP-Outer cannot be read: {found}",
        "поле HP-Outer не читается: {found}",
        "HP-Outer maydoni o'qilmadi: {found}",
        "HP-Outer майдони ўқилмади: {found}",
    ),
    "header-unprotected": Text(
        "subject, sender and recipients are not under the signature",
        "тема, отправитель и получатели не защищены подписью",
        "mavzu, yuboruvchi va qabul qiluvchilar imzo bilan himoyalanmagan",
        "мавзу, юборувчи ва қабул қилувчилар имзо билан ҳимояланмаган",
    ),
    "header-protection-mode": Text(
        "the message calls its header confidential and is not encrypted",
        "сообщение называет свой заголовок скрытым, но не зашифровано",
        "xabar sarlavhasini maxfiy deb ataydi, lekin shifrlanmagan",
        "хабар сарлавҳасини махфий деб атайди, лекин шифрланмаган",
    ),
    "outer-header-differs": Text(
        "the field {name} outside is not what was signed: {wanted}",
        "поле {name} снаружи не совпадает с подписанным: {wanted}",
        "tashqi {name} maydoni imzolangani bilan mos emas: {wanted}",
        "ташқи {name} майдони имзолангани билан мос эмас: {wanted}",
    ),
    "from-differs": Text(
        "the sender outside is not the one that was signed: {wanted}",
        "отправитель снаружи не совпадает с подписанным: {wanted}",
        "tashqi yuboruvchi imzolangani bilan mos emas: {wanted}",
        "ташқи юборувчи имзолангани билан мос эмас: {wanted}",
    ),
    "from-repeated": Text(
        "the message names its sender more than once",
        "отправитель указан более одного раза",
        "yuboruvchi bir martadan ortiq ko'rsatilgan",
        "юборувчи бир мартадан ортиқ кўрсатилган",
    ),
}

MESSAGES: Final[dict[str, Text]] = {**_MIME, **_SMIME}
