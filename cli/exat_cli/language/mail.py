"""Messages of the commands of `exat_cli.mail`."""

from typing import Final

from esign.language.words import Text

MESSAGES: Final[dict[str, Text]] = {
    "message-layered": Text(
        "{file} is signed or encrypted already",
        "{file} уже подписан или зашифрован",
        "{file} allaqachon imzolangan yoki shifrlangan",
        "{file} аллақачон имзоланган ёки шифрланган",
    ),
    "no-messages": Text(
        "there is no message (.eml) in {folder}",
        "в {folder} нет писем (.eml)",
        "{folder} ichida xat (.eml) yo'q",
        "{folder} ичида хат (.eml) йўқ",
    ),
    "not-released": Text(
        "the content is not given away: the message is {verdict}",
        "содержимое не выдаётся: результат проверки письма {verdict}",
        "mazmuni berilmaydi: xatni tekshirish natijasi {verdict}",
        "мазмуни берилмайди: хатни текшириш натижаси {verdict}",
    ),
    "receipt-not-given": Text(
        "no receipt is given: the message is {verdict}",
        "уведомление не выдаётся: результат проверки письма {verdict}",
        "bildirishnoma berilmaydi: xatni tekshirish natijasi {verdict}",
        "билдиришнома берилмайди: хатни текшириш натижаси {verdict}",
    ),
    "mailbox-missing": Text(
        "the certificate bears no mailbox, and none is named",
        "в сертификате нет почтового ящика, и он не указан",
        "sertifikatda pochta qutisi yo'q, u ko'rsatilmagan ham",
        "сертификатда почта қутиси йўқ, у кўрсатилмаган ҳам",
    ),
    "text-what": Text(
        "a letter has one text",
        "у письма один текст",
        "xatning bitta matni bo'ladi",
        "хатнинг битта матни бўлади",
    ),
    "letter-signed": Text(
        "the draft {draft} is signed and encrypted to {recipients}",
        "черновик {draft} подписан и зашифрован для {recipients}",
        "{draft} qoralamasi imzolandi va {recipients} uchun shifrlandi",
        "{draft} қораламаси имзоланди ва {recipients} учун шифрланди",
    ),
    "no-letter": Text("there is no letter", "писем нет", "xat yo'q", "хат йўқ"),
    "read-what": Text(
        "which letter is to be read?",
        "какое письмо прочитать?",
        "qaysi xatni o'qish kerak?",
        "қайси хатни ўқиш керак?",
    ),
    "nothing-to-read": Text(
        "{mailbox}: there is no such letter, or none that nobody has read",
        "{mailbox}: такого письма нет, или нет непрочитанных",
        "{mailbox}: bunday xat yo'q yoki o'qilmagani yo'q",
        "{mailbox}: бундай хат йўқ ёки ўқилмагани йўқ",
    ),
    "letter-signer": Text("Signed by", "Подписал", "Imzolagan", "Имзолаган"),
    "letter-from": Text("From", "От кого", "Kimdan", "Кимдан"),
    "letter-to": Text("To", "Кому", "Kimga", "Кимга"),
    "letter-cc": Text("Copy", "Копия", "Nusxa", "Нусха"),
    "letter-date": Text("Date", "Дата", "Sana", "Сана"),
    "letter-subject": Text("Subject", "Тема", "Mavzu", "Мавзу"),
    "letter-attachment": Text("Attachment", "Вложение", "Ilova", "Илова"),
    "requisite-sender-name": Text("Sender", "Отправитель", "Jo'natuvchi", "Жўнатувчи"),
    "requisite-postal-address": Text("Postal address", "Почтовый адрес", "Pochta manzili", "Почта манзили"),
    "requisite-outgoing-number": Text("Number", "Исходящий номер", "Chiqish raqami", "Чиқиш рақами"),
    "requisite-in-reply-to-number": Text("In reply to", "На номер", "Javob raqami", "Жавоб рақами"),
    "requisite-due-date": Text("Due", "Срок", "Muddat", "Муддат"),
    "requisite-executor": Text("Executor", "Исполнитель", "Ijrochi", "Ижрочи"),
}
