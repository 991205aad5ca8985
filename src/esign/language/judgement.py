"""Messages of the judgement of letters (`esign.smime.judge`)."""

from typing import Final

from esign.language.words import Text

_FINDINGS: Final = {
    "mailbox-missing": Text(
        "an address is missing",
        "адрес не указан",
        "manzil ko'rsatilmagan",
        "манзил кўрсатилмаган",
    ),
    "mailbox-route": Text(
        "an address holds a route: {found}",
        "в адресе указан маршрут: {found}",
        "manzilda yo'nalish ko'rsatilgan: {found}",
        "манзилда йўналиш кўрсатилган: {found}",
    ),
    "mailbox-comment": Text(
        "an address holds a comment: {found}",
        "в адресе есть комментарий: {found}",
        "manzilda izoh bor: {found}",
        "манзилда изоҳ бор: {found}",
    ),
    "mailbox-encoded-word": Text(
        "an address holds an encoded word, which some programs read as another address: {found}",
        "в адресе есть закодированное слово, которое иные программы прочтут как другой адрес: {found}",
        "manzilda kodlangan so'z bor, ayrim dasturlar uni boshqa manzil deb o'qiydi: {found}",
        "манзилда кодланган сўз бор, айрим дастурлар уни бошқа манзил деб ўқийди: {found}",
    ),
    "mailbox-group": Text(
        "a group stands where an address is wanted: {found}",
        "вместо адреса указана группа: {found}",
        "manzil o'rnida guruh ko'rsatilgan: {found}",
        "манзил ўрнида гуруҳ кўрсатилган: {found}",
    ),
    "mailbox-syntax": Text(
        "this is no plain address: {found}",
        "это не обычный адрес: {found}",
        "bu oddiy manzil emas: {found}",
        "бу оддий манзил эмас: {found}",
    ),
    "too-many-mailboxes": Text(
        "a field names more than {limit} addresses",
        "в поле больше {limit} адресов",
        "maydonda {limit} tadan ortiq manzil bor",
        "майдонда {limit} тадан ортиқ манзил бор",
    ),
    "date-syntax": Text(
        "the date cannot be read: {found}",
        "дата не читается: {found}",
        "sana o'qilmadi: {found}",
        "сана ўқилмади: {found}",
    ),
    "from-missing": Text(
        "the message names no sender",
        "отправитель не указан",
        "yuboruvchi ko'rsatilmagan",
        "юборувчи кўрсатилмаган",
    ),
    "from-several": Text(
        "the message names {found} senders",
        "в сообщении указано отправителей: {found}",
        "xabarda {found} ta yuboruvchi ko'rsatilgan",
        "хабарда {found} та юборувчи кўрсатилган",
    ),
    "sender-differs": Text(
        "the field Sender names somebody else: {found}, the letter is from {wanted}",
        "в поле Sender указан другой: {found}, а письмо от {wanted}",
        "Sender maydonida boshqa kishi ko'rsatilgan: {found}, xat esa {wanted} nomidan",
        "Sender майдонида бошқа киши кўрсатилган: {found}, хат эса {wanted} номидан",
    ),
    "reply-to-differs": Text(
        "answers would go to {found}, the letter is from {wanted}",
        "ответ уйдёт на {found}, а письмо от {wanted}",
        "javob {found} manziliga ketadi, xat esa {wanted} nomidan",
        "жавоб {found} манзилига кетади, хат эса {wanted} номидан",
    ),
    "display-name-misleads": Text(
        "the sender's name is shown as the address {found}, the letter is from {wanted}",
        "имя отправителя выглядит как адрес {found}, а письмо от {wanted}",
        "yuboruvchi nomi {found} manziliga o'xshaydi, xat esa {wanted} nomidan",
        "юборувчи номи {found} манзилига ўхшайди, хат эса {wanted} номидан",
    ),
    "display-name-differs": Text(
        "the sender calls itself {found}, the certificate says {wanted}",
        "отправитель назвался {found}, а в сертификате {wanted}",
        "yuboruvchi o'zini {found} deb ko'rsatgan, sertifikatda {wanted}",
        "юборувчи ўзини {found} деб кўрсатган, сертификатда {wanted}",
    ),
    "signer-not-sender": Text(
        "the letter is signed by {found} and not by its sender {wanted}",
        "письмо подписал {found}, а не отправитель {wanted}",
        "xatni {found} imzolagan, yuboruvchi {wanted} emas",
        "хатни {found} имзолаган, юборувчи {wanted} эмас",
    ),
    "date-differs": Text(
        "the letter bears the date {found} and was signed at {wanted}",
        "на письме дата {found}, а подписано оно {wanted}",
        "xatda {found} sanasi turibdi, {wanted} da imzolangan",
        "хатда {found} санаси турибди, {wanted} да имзоланган",
    ),
    "part-partial": Text(
        "the message is a piece of a larger one",
        "сообщение является частью большего",
        "xabar kattaroq xabarning bir bo'lagi",
        "хабар каттароқ хабарнинг бир бўлаги",
    ),
    "part-external": Text(
        "a part refers to content that is kept elsewhere",
        "часть ссылается на содержимое в другом месте",
        "qism boshqa joydagi mazmunga havola qiladi",
        "қисм бошқа жойдаги мазмунга ҳавола қилади",
    ),
    "boundary-duplicate": Text(
        "parts inside use the boundary of the parts around them: {found}",
        "вложенные части используют границу внешних: {found}",
        "ichki qismlar tashqi qismlar chegarasini ishlatadi: {found}",
        "ички қисмлар ташқи қисмлар чегарасини ишлатади: {found}",
    ),
    "part-undecodable": Text(
        "the content of a part cannot be decoded: {reason}",
        "содержимое части не декодируется: {reason}",
        "qism mazmuni dekodlanmadi: {reason}",
        "қисм мазмуни декодланмади: {reason}",
    ),
    "attachment-name-unreadable": Text(
        "the name of an attachment cannot be read: {reason}",
        "имя вложения не читается: {reason}",
        "ilova nomi o'qilmadi: {reason}",
        "илова номи ўқилмади: {reason}",
    ),
    "text-after-base64": Text(
        "somebody added text below an encoded part; no program shows it",
        "под закодированной частью кто-то добавил текст; программы его не показывают",
        "kodlangan qism ostiga kimdir matn qo'shgan; dasturlar uni ko'rsatmaydi",
        "кодланган қисм остига кимдир матн қўшган; дастурлар уни кўрсатмайди",
    ),
    "text-outside-parts": Text(
        "text stands after the last part",
        "после последней части есть текст",
        "oxirgi qismdan keyin matn bor",
        "охирги қисмдан кейин матн бор",
    ),
    "text-outside-layer": Text(
        "text that nobody signed stands after the signature",
        "после подписи есть текст, который никто не подписывал",
        "imzodan keyin hech kim imzolamagan matn bor",
        "имзодан кейин ҳеч ким имзоламаган матн бор",
    ),
    "envelope-not-at-root": Text(
        "an encrypted part stands among others; it is not opened",
        "зашифрованная часть стоит среди других; она не открывается",
        "shifrlangan qism boshqalar orasida turibdi; u ochilmaydi",
        "шифрланган қисм бошқалар орасида турибди; у очилмайди",
    ),
    "envelope-not-opened": Text(
        "the letter is closed and was not opened",
        "письмо зашифровано и не открыто",
        "xat shifrlangan va ochilmagan",
        "хат шифрланган ва очилмаган",
    ),
    "envelope-not-vouched": Text(
        "the envelope did not open to content that a signature vouches for",
        "в конверте не найдено содержимого, за которое ручается подпись",
        "konvertdan imzo bilan tasdiqlangan mazmun chiqmadi",
        "конвертдан имзо билан тасдиқланган мазмун чиқмади",
    ),
    "message-unsigned": Text(
        "nobody signed the letter",
        "письмо никем не подписано",
        "xatni hech kim imzolamagan",
        "хатни ҳеч ким имзоламаган",
    ),
    "signed-outside-only": Text(
        "only the closed letter is signed, not what it holds",
        "подписан только закрытый конверт, а не его содержимое",
        "faqat yopiq konvert imzolangan, ichidagisi emas",
        "фақат ёпиқ конверт имзоланган, ичидагиси эмас",
    ),
    "signature-not-valid": Text(
        "a signature is not valid: {reason}",
        "подпись недействительна: {reason}",
        "imzo haqiqiy emas: {reason}",
        "имзо ҳақиқий эмас: {reason}",
    ),
    "signature-unconfirmed": Text(
        "a signature cannot be confirmed: {reason}",
        "подпись не удаётся подтвердить: {reason}",
        "imzoni tasdiqlab bo'lmadi: {reason}",
        "имзони тасдиқлаб бўлмади: {reason}",
    ),
    "certificates-only": Text(
        "the message brings certificates and nothing else",
        "сообщение содержит только сертификаты",
        "xabarda faqat sertifikatlar bor",
        "хабарда фақат сертификатлар бор",
    ),
    "receipt-only": Text(
        "the message is a receipt and no letter",
        "это расписка о получении, а не письмо",
        "bu xat emas, olinganlik tilxati",
        "бу хат эмас, олинганлик тилхати",
    ),
    "reader-not-addressed": Text(
        "the letter was signed for others and not for who opened it",
        "письмо подписано для других, а не для того, кто его открыл",
        "xat uni ochgan kishi uchun emas, boshqalar uchun imzolangan",
        "хат уни очган киши учун эмас, бошқалар учун имзоланган",
    ),
    "signer-missing": Text(
        "the signature names an algorithm that no signer uses: a signer may have been taken out ({found})",
        "в подписи назван алгоритм, которым никто не подписал: подписавшего могли убрать ({found})",
        "imzoda hech kim ishlatmagan algoritm bor: imzolovchi olib tashlangan bo'lishi mumkin ({found})",
        "имзода ҳеч ким ишлатмаган алгоритм кўрсатилган: имзоловчи олиб ташланган бўлиши мумкин ({found})",
    ),
    "line-ends-converted": Text(
        "the message had the line ends of a file",
        "в сообщении были концы строк как в файле",
        "xabarda satr oxirlari fayldagidek edi",
        "хабарда сатр охирлари файлдагидек эди",
    ),
    "not-accepted": Text(
        "the letter is not accepted: {verdict}",
        "письмо не принято: {verdict}",
        "xat qabul qilinmadi: {verdict}",
        "хат қабул қилинмади: {verdict}",
    ),
}

_WORDS: Final = {
    "letter-accepted": Text(
        "ACCEPTED: the letter is its sender's",
        "ПРИНЯТО: письмо действительно от отправителя",
        "QABUL QILINDI: xat haqiqatan yuboruvchiniki",
        "ҚАБУЛ ҚИЛИНДИ: хат ҳақиқатан юборувчиники",
    ),
    "letter-undetermined": Text(
        "CANNOT BE CONFIRMED: nothing shows whose letter it is",
        "НЕЛЬЗЯ ПОДТВЕРДИТЬ: неизвестно, чьё это письмо",
        "TASDIQLAB BO'LMAYDI: xat kimniki ekani noma'lum",
        "ТАСДИҚЛАБ БЎЛМАЙДИ: хат кимники экани номаълум",
    ),
    "letter-refused": Text(
        "REFUSED: do not rely on this letter",
        "ОТКЛОНЕНО: на это письмо нельзя полагаться",
        "RAD ETILDI: bu xatga ishonib bo'lmaydi",
        "РАД ЭТИЛДИ: бу хатга ишониб бўлмайди",
    ),
    "sender-by-certificate": Text(
        "Sender: {mailbox}, signed by {signer}, whose certificate names this mailbox",
        "Отправитель: {mailbox}, подписал {signer}, этот адрес указан в сертификате",
        "Yuboruvchi: {mailbox}, {signer} imzolagan, bu manzil sertifikatda bor",
        "Юборувчи: {mailbox}, {signer} имзолаган, бу манзил сертификатда бор",
    ),
    "sender-by-directory": Text(
        "Sender: {mailbox}, signed by {signer}, whom the directory names for this mailbox",
        "Отправитель: {mailbox}, подписал {signer}, этот адрес закреплён за ним в справочнике",
        "Yuboruvchi: {mailbox}, {signer} imzolagan, bu manzil ma'lumotnomada unga biriktirilgan",
        "Юборувчи: {mailbox}, {signer} имзолаган, бу манзил маълумотномада унга бириктирилган",
    ),
    "sender-unbound": Text(
        "Sender as written: {mailbox}; no signature shows it",
        "Отправитель по записи: {mailbox}; подписью не подтверждён",
        "Yozilgan yuboruvchi: {mailbox}; imzo bilan tasdiqlanmagan",
        "Ёзилган юборувчи: {mailbox}; имзо билан тасдиқланмаган",
    ),
    "layer-signed": Text(
        "Signed by {signers}: {verdict}",
        "Подписано: {signers}; {verdict}",
        "Imzolagan: {signers}; {verdict}",
        "Имзолаган: {signers}; {verdict}",
    ),
    "layer-encrypted": Text(
        "Encrypted ({cipher}), recipients: {recipients}; {state}",
        "Зашифровано ({cipher}), получателей: {recipients}; {state}",
        "Shifrlangan ({cipher}), qabul qiluvchilar: {recipients}; {state}",
        "Шифрланган ({cipher}), қабул қилувчилар: {recipients}; {state}",
    ),
    "layer-compressed": Text(
        "Compressed, {octets} octets inside",
        "Сжато, внутри {octets} байт",
        "Siqilgan, ichida {octets} bayt",
        "Сиқилган, ичида {octets} байт",
    ),
    "envelope-state-opened": Text(
        "opened",
        "открыто",
        "ochildi",
        "очилди",
    ),
    "envelope-state-no-key": Text(
        "no key for it was given",
        "подходящий ключ не дан",
        "mos kalit berilmagan",
        "мос калит берилмаган",
    ),
    "envelope-state-failed": Text(
        "could not be opened",
        "открыть не удалось",
        "ochib bo'lmadi",
        "очиб бўлмади",
    ),
    "envelope-state-not-vouched": Text(
        "nothing vouches for the content",
        "содержимое ничем не подтверждено",
        "mazmun hech narsa bilan tasdiqlanmagan",
        "мазмун ҳеч нарса билан тасдиқланмаган",
    ),
    "envelope-state-not-tried": Text(
        "not opened, because a signature around it is not valid",
        "не открывалось: подпись вокруг недействительна",
        "ochilmadi: tashqi imzo haqiqiy emas",
        "очилмади: ташқи имзо ҳақиқий эмас",
    ),
    "letter-parts": Text(
        "Parts: {total}, not under the signature of the letter: {uncovered}",
        "Частей: {total}, вне подписи письма: {uncovered}",
        "Qismlar: {total}, xat imzosidan tashqarida: {uncovered}",
        "Қисмлар: {total}, хат имзосидан ташқарида: {uncovered}",
    ),
    "letter-unprotected": Text(
        "Under no signature: {names}",
        "Подписью не защищены: {names}",
        "Imzo bilan himoyalanmagan: {names}",
        "Имзо билан ҳимояланмаган: {names}",
    ),
}

MESSAGES: Final[dict[str, Text]] = {**_FINDINGS, **_WORDS}
