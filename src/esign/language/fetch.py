"""Messages of the room `fetch`: why something that a validation misses could not be got."""

from typing import Final

from esign.language.words import Text

MESSAGES: Final[dict[str, Text]] = {
    "fetch-url-refused": Text(
        "the address is not asked: {reason}",
        "запрос по этому адресу не выполняется: {reason}",
        "bu manzilga so'rov yuborilmaydi: {reason}",
        "бу манзилга сўров юборилмайди: {reason}",
    ),
    "fetch-address-refused": Text(
        "{host} is not asked: {address} is not an address of the public network",
        "запрос к {host} не выполняется: {address} - не адрес сети общего пользования",
        "{host} ga so'rov yuborilmaydi: {address} umumiy tarmoq manzili emas",
        "{host} га сўров юборилмайди: {address} умумий тармоқ манзили эмас",
    ),
    "fetch-name-unknown": Text(
        "the name {host} has no address",
        "для имени {host} адрес не найден",
        "{host} nomining manzili topilmadi",
        "{host} номининг манзили топилмади",
    ),
    "fetch-unreachable": Text(
        "the service did not answer: {reason}",
        "служба не ответила: {reason}",
        "xizmat javob bermadi: {reason}",
        "хизмат жавоб бермади: {reason}",
    ),
    "fetch-tls-failed": Text(
        "no protected connection could be made: {reason}",
        "не удалось установить защищённое соединение: {reason}",
        "himoyalangan ulanish o'rnatilmadi: {reason}",
        "ҳимояланган уланиш ўрнатилмади: {reason}",
    ),
    "fetch-too-slow": Text(
        "the answer was not complete within {seconds} seconds",
        "ответ не получен полностью за {seconds} с",
        "javob {seconds} soniya ichida to'liq kelmadi",
        "жавоб {seconds} сония ичида тўлиқ келмади",
    ),
    "fetch-too-large": Text(
        "the answer is larger than {limit} octets",
        "ответ больше {limit} байт",
        "javob {limit} baytdan katta",
        "жавоб {limit} байтдан катта",
    ),
    "fetch-status": Text(
        "the service answered with the status {status}",
        "служба ответила кодом {status}",
        "xizmat {status} holati bilan javob berdi",
        "хизмат {status} ҳолати билан жавоб берди",
    ),
    "fetch-redirects": Text(
        "the service redirects more than {limit} times",
        "служба перенаправляет запрос более {limit} раз",
        "xizmat so'rovni {limit} martadan ko'p boshqa manzilga yo'naltirdi",
        "хизмат сўровни {limit} мартадан кўп бошқа манзилга йўналтирди",
    ),
    "fetch-encoding": Text(
        "the encoding of the answer cannot be undone: {encoding}",
        "кодировка ответа не читается: {encoding}",
        "javobning kodlanishi o'qilmadi: {encoding}",
        "жавобнинг кодланиши ўқилмади: {encoding}",
    ),
    "fetch-budget": Text(
        "no more is asked: an act may send {requests} requests and read {octets} octets",
        "запросы прекращены: за одно действие допускается {requests} запросов и {octets} байт",
        "so'rovlar to'xtatildi: bir amalda {requests} ta so'rov va {octets} bayt mumkin",
        "сўровлар тўхтатилди: бир амалда {requests} та сўров ва {octets} байт мумкин",
    ),
    "fetch-cache-failed": Text(
        "the store of fetched answers cannot be used: {reason}",
        "хранилище полученных ответов недоступно: {reason}",
        "olingan javoblar omboridan foydalanib bo'lmaydi: {reason}",
        "олинган жавоблар омборидан фойдаланиб бўлмайди: {reason}",
    ),
}
