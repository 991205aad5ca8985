"""Messages of the room `store`: why a change could not be kept, or a thing not be found."""

from typing import Final

from esign.language.words import Text

MESSAGES: Final[dict[str, Text]] = {
    "store-full": Text(
        "no space is left for the store: {reason}",
        "для хранилища не осталось места: {reason}",
        "saqlagich uchun joy qolmadi: {reason}",
        "сақлагич учун жой қолмади: {reason}",
    ),
    "store-busy": Text(
        "another process holds the store, try again: {reason}",
        "хранилище занято другим процессом, повторите: {reason}",
        "saqlagich boshqa jarayon bilan band, qayta urining: {reason}",
        "сақлагич бошқа жараён билан банд, қайта урининг: {reason}",
    ),
    "store-damaged": Text(
        "the store is damaged, restore it from a backup: {reason}",
        "хранилище повреждено, восстановите его из резервной копии: {reason}",
        "saqlagich shikastlangan, uni zaxira nusxadan tiklang: {reason}",
        "сақлагич шикастланган, уни захира нусхадан тикланг: {reason}",
    ),
    "store-refused": Text(
        "the change breaks a rule of the store: {reason}",
        "изменение нарушает правило хранилища: {reason}",
        "o'zgarish saqlagich qoidasini buzadi: {reason}",
        "ўзгариш сақлагич қоидасини бузади: {reason}",
    ),
    "store-failed": Text(
        "the store cannot be read or written: {reason}",
        "хранилище не читается или не записывается: {reason}",
        "saqlagichni o'qib yoki yozib bo'lmadi: {reason}",
        "сақлагични ўқиб ёки ёзиб бўлмади: {reason}",
    ),
    "store-schema": Text(
        "the store was made by another version of the program: {found}",
        "хранилище создано другой версией программы: {found}",
        "saqlagich dasturning boshqa versiyasi bilan yaratilgan: {found}",
        "сақлагич дастурнинг бошқа версияси билан яратилган: {found}",
    ),
    "store-missing": Text(
        "there is no store in {folder}",
        "в папке {folder} нет хранилища",
        "{folder} papkasida saqlagich yo'q",
        "{folder} папкасида сақлагич йўқ",
    ),
    "store-closed": Text(
        "the store is closed",
        "хранилище закрыто",
        "saqlagich yopilgan",
        "сақлагич ёпилган",
    ),
    "segment-damaged": Text(
        "the stored letter {segment} is missing or was changed",
        "сохранённое письмо {segment} отсутствует или изменено",
        "saqlangan xat {segment} yo'q yoki o'zgartirilgan",
        "сақланган хат {segment} йўқ ёки ўзгартирилган",
    ),
    "letter-unknown": Text(
        "no letter {key} is stored",
        "письмо {key} не найдено",
        "{key} xati topilmadi",
        "{key} хати топилмади",
    ),
    "lease-lost": Text(
        "the attempt {attempt} was taken over by another process",
        "попытку {attempt} выполняет уже другой процесс",
        "{attempt} urinishini boshqa jarayon bajarmoqda",
        "{attempt} уринишини бошқа жараён бажармоқда",
    ),
    "user-exists": Text(
        "the user {name} already exists",
        "пользователь {name} уже существует",
        "{name} foydalanuvchisi allaqachon mavjud",
        "{name} фойдаланувчиси аллақачон мавжуд",
    ),
    "user-unknown": Text(
        "there is no user {name}",
        "пользователя {name} нет",
        "{name} foydalanuvchisi yo'q",
        "{name} фойдаланувчиси йўқ",
    ),
    "stale-bundle": Text(
        "a newer bundle of {domain} is stored: serial {stored}, offered {offered}",
        "для {domain} сохранён более новый набор: номер {stored}, предложен {offered}",
        "{domain} uchun yangiroq to'plam saqlangan: raqami {stored}, taklif etilgani {offered}",
        "{domain} учун янгироқ тўплам сақланган: рақами {stored}, таклиф этилгани {offered}",
    ),
    "draft-closed": Text(
        "the draft {draft} was sent or belongs to another mailbox",
        "черновик {draft} уже отправлен или принадлежит другому ящику",
        "{draft} qoralamasi yuborilgan yoki boshqa qutiga tegishli",
        "{draft} қораламаси юборилган ёки бошқа қутига тегишли",
    ),
}
