"""Messages of the room `message`."""

from typing import Final

from esign.language.words import Text

MESSAGES: Final[dict[str, Text]] = {
    "from-missing": Text(
        "the letter names no sender",
        "в письме не указан отправитель",
        "xatda yuboruvchi ko'rsatilmagan",
        "хатда юборувчи кўрсатилмаган",
    ),
    "sender-differs": Text(
        "the fields Sender and From name different addresses",
        "в полях Sender и From указаны разные адреса",
        "Sender va From maydonlarida turli manzillar ko'rsatilgan",
        "Sender ва From майдонларида турли манзиллар кўрсатилган",
    ),
    "recipient-syntax": Text(
        "a recipient in {name} is no plain address: {reason}",
        "получатель в поле {name} не является простым адресом: {reason}",
        "{name} maydonidagi qabul qiluvchi oddiy manzil emas: {reason}",
        "{name} майдонидаги қабул қилувчи оддий манзил эмас: {reason}",
    ),
    "too-many-recipients": Text(
        "the letter names more than {limit} recipients",
        "в письме указано больше {limit} получателей",
        "xatda {limit} tadan ortiq qabul qiluvchi ko'rsatilgan",
        "хатда {limit} тадан ортиқ қабул қилувчи кўрсатилган",
    ),
    "message-id-malformed": Text(
        "the Message-ID cannot be read: {found}",
        "Message-ID не читается: {found}",
        "Message-ID o'qilmadi: {found}",
        "Message-ID ўқилмади: {found}",
    ),
    "date-missing": Text("the letter has no date", "в письме нет даты", "xatda sana yo'q", "хатда сана йўқ"),
    "date-malformed": Text(
        "the date cannot be read: {found}",
        "дата не читается: {found}",
        "sana o'qilmadi: {found}",
        "сана ўқилмади: {found}",
    ),
    "bare-newline": Text(
        "a line end is not CRLF",
        "конец строки отличается от CRLF",
        "satr oxiri CRLF emas",
        "сатр охири CRLF эмас",
    ),
    "bcc-visible": Text(
        "the letter shows its hidden recipients (Bcc)",
        "в письме видны скрытые получатели (Bcc)",
        "xatda yashirin qabul qiluvchilar (Bcc) ko'rinib turibdi",
        "хатда яширин қабул қилувчилар (Bcc) кўриниб турибди",
    ),
    "display-name-address": Text(
        "the sender's name looks like another address: {found}",
        "имя отправителя похоже на другой адрес: {found}",
        "yuboruvchi nomi boshqa manzilga o'xshaydi: {found}",
        "юборувчи номи бошқа манзилга ўхшайди: {found}",
    ),
    "requisite-malformed": Text(
        "the requisite {name} cannot be read: {found}",
        "реквизит {name} не читается: {found}",
        "{name} rekviziti o'qilmadi: {found}",
        "{name} реквизити ўқилмади: {found}",
    ),
    "message-type-refused": Text(
        "a part fetches its content from elsewhere or is a fragment: {found}",
        "часть письма берёт содержимое извне или является фрагментом: {found}",
        "xat qismi mazmunini tashqaridan oladi yoki bo'lakdir: {found}",
        "хат қисми мазмунини ташқаридан олади ёки бўлакдир: {found}",
    ),
    "text-only-html": Text(
        "the letter has no plain text; its HTML is given as an attachment",
        "в письме нет простого текста; HTML приложен как файл",
        "xatda oddiy matn yo'q; HTML fayl sifatida ilova qilingan",
        "хатда оддий матн йўқ; HTML файл сифатида илова қилинган",
    ),
}
