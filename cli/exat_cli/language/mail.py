"""Messages of the commands of `exat_cli.mail`."""

from typing import Final

from esign.language.words import Text

MESSAGES: Final[dict[str, Text]] = {
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
