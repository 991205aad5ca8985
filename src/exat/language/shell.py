"""Messages of the shells: configuration, home, keys, connections."""

from typing import Final

from esign.language.words import Text

MESSAGES: Final[dict[str, Text]] = {
    "config-missing": Text(
        "cannot read {file}; make a node with `exat node init`",
        "не удалось прочитать {file}; создайте узел командой `exat node init`",
        "{file} o'qilmadi; tugunni `exat node init` buyrug'i bilan yarating",
        "{file} ўқилмади; тугунни `exat node init` буйруғи билан яратинг",
    ),
    "config-syntax": Text(
        "{file} is not TOML: {reason}",
        "{file} не является файлом TOML: {reason}",
        "{file} TOML fayli emas: {reason}",
        "{file} TOML файли эмас: {reason}",
    ),
    "config-invalid": Text(
        "{file} has mistakes: {mistakes}",
        "в {file} есть ошибки: {mistakes}",
        "{file} faylida xatolar bor: {mistakes}",
        "{file} файлида хатолар бор: {mistakes}",
    ),
    "file-unreadable": Text(
        "cannot read {file}: {reason}",
        "не удалось прочитать {file}: {reason}",
        "{file} o'qilmadi: {reason}",
        "{file} ўқилмади: {reason}",
    ),
    "home-not-empty": Text(
        "{folder} is not empty; name a new folder for the node",
        "папка {folder} не пуста; укажите для узла новую папку",
        "{folder} papkasi bo'sh emas; tugun uchun yangi papka ko'rsating",
        "{folder} папкаси бўш эмас; тугун учун янги папка кўрсатинг",
    ),
    "tls-key-unusable": Text(
        "the TLS key {file} does not open or does not fit its certificate",
        "ключ TLS {file} не открывается или не подходит к своему сертификату",
        "{file} TLS kaliti ochilmadi yoki sertifikatiga mos emas",
        "{file} TLS калити очилмади ёки сертификатига мос эмас",
    ),
    "node-running": Text(
        "another process serves {folder} already",
        "узел {folder} уже запущен другим процессом",
        "{folder} tuguni boshqa jarayon tomonidan allaqachon ishga tushirilgan",
        "{folder} тугуни бошқа жараён томонидан аллақачон ишга туширилган",
    ),
    "port-unavailable": Text(
        "cannot listen on {place}: {reason}; choose another port in exat.toml",
        "нельзя принимать соединения на {place}: {reason}; выберите другой порт в exat.toml",
        "{place} da ulanishlarni qabul qilib bo'lmaydi: {reason}; exat.toml da boshqa port tanlang",
        "{place} да уланишларни қабул қилиб бўлмайди: {reason}; exat.toml да бошқа порт танланг",
    ),
    "node-unreachable": Text(
        "the node at {place} does not answer: {reason}",
        "узел {place} не отвечает: {reason}",
        "{place} tuguni javob bermayapti: {reason}",
        "{place} тугуни жавоб бермаяпти: {reason}",
    ),
    "login-refused": Text(
        "the node does not let {name} in: user name or password is not right",
        "узел не принимает вход {name}: имя пользователя или пароль неверны",
        "tugun {name} kirishiga ruxsat bermadi: foydalanuvchi nomi yoki parol noto'g'ri",
        "тугун {name} киришига рухсат бермади: фойдаланувчи номи ёки парол нотўғри",
    ),
    "password-too-short": Text(
        "the password is too short; use {minimum} characters or more",
        "пароль слишком короткий; нужно не меньше {minimum} символов",
        "parol juda qisqa; kamida {minimum} ta belgi bo'lsin",
        "парол жуда қисқа; камида {minimum} та белги бўлсин",
    ),
    "user-name-malformed": Text(
        "{name} is no user name; use 1 to 100 printable characters",
        "{name} не годится как имя пользователя; нужно от 1 до 100 печатных символов",
        "{name} foydalanuvchi nomi bo'la olmaydi; 1 tadan 100 tagacha ko'rinadigan belgi bo'lsin",
        "{name} фойдаланувчи номи бўла олмайди; 1 тадан 100 тагача кўринадиган белги бўлсин",
    ),
    "mailbox-exists": Text(
        "there is a mailbox {mailbox} already",
        "ящик {mailbox} уже существует",
        "{mailbox} pochta qutisi allaqachon mavjud",
        "{mailbox} почта қутиси аллақачон мавжуд",
    ),
    "mailbox-unknown": Text(
        "there is no mailbox {mailbox} at this node",
        "на этом узле нет ящика {mailbox}",
        "ushbu tugunda {mailbox} pochta qutisi yo'q",
        "ушбу тугунда {mailbox} почта қутиси йўқ",
    ),
    "mailbox-elsewhere": Text(
        "{mailbox} is in the domain {domain} of another agency",
        "{mailbox} находится в домене {domain} другой организации",
        "{mailbox} boshqa tashkilotning {domain} domenida",
        "{mailbox} бошқа ташкилотнинг {domain} доменида",
    ),
    "mailbox-without-officer": Text(
        "nobody could open {mailbox}; name an officer with an encryption certificate",
        "ящик {mailbox} никто не смог бы открыть; укажите должностное лицо с сертификатом шифрования",
        "{mailbox} qutisini hech kim ocha olmaydi; shifrlash sertifikati bor mansabdor shaxsni ko'rsating",
        "{mailbox} қутисини ҳеч ким оча олмайди; шифрлаш сертификати бор мансабдор шахсни кўрсатинг",
    ),
    "officer-needed": Text(
        "an officer who opens {mailbox} already must unlock its key for the new one",
        "ключ ящика {mailbox} должно открыть должностное лицо, которое уже имеет к нему доступ",
        "{mailbox} kalitini undan foydalana oladigan mansabdor shaxs yangi shaxs uchun ochib berishi kerak",
        "{mailbox} калитини ундан фойдалана оладиган мансабдор шахс янги шахс учун очиб бериши керак",
    ),
    "officer-unknown": Text(
        "{signer} does not sign for {mailbox}",
        "{signer} не подписывает письма за {mailbox}",
        "{signer} {mailbox} nomidan imzolamaydi",
        "{signer} {mailbox} номидан имзоламайди",
    ),
    "bundle-own-agency": Text(
        "the bundle is of this agency itself, {domain}",
        "это файл сведений самой организации {domain}",
        "bu {domain} tashkilotining o'z ma'lumotlar fayli",
        "бу {domain} ташкилотининг ўз маълумотлар файли",
    ),
    "peer-not-stored": Text(
        "the agency {domain} is not known to this node",
        "организация {domain} этому узлу неизвестна",
        "{domain} tashkiloti ushbu tugunga ma'lum emas",
        "{domain} ташкилоти ушбу тугунга маълум эмас",
    ),
}
