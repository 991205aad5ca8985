"""Messages of `exat_cli.demo`: the titles of the stages, their lines, the end."""

from typing import Final

from esign.language.words import Text

MESSAGES: Final[dict[str, Text]] = {
    "demo-workspace": Text("Workspace", "Рабочая папка", "Ish papkasi", "Иш папкаси"),
    "demo-authority": Text(
        "Certificate authority", "Удостоверяющий центр", "Sertifikat markazi", "Сертификат маркази"
    ),
    "demo-agencies": Text("Two agencies", "Две организации", "Ikki tashkilot", "Икки ташкилот"),
    "demo-nodes": Text(
        "Nodes on loopback sockets",
        "Узлы на локальных сокетах",
        "Mahalliy soketlardagi tugunlar",
        "Маҳаллий сокетлардаги тугунлар",
    ),
    "demo-letter": Text("A letter", "Письмо", "Xat", "Хат"),
    "demo-sending": Text("On its way", "В пути", "Yo'lda", "Йўлда"),
    "demo-reading": Text("Reading", "Чтение", "O'qish", "Ўқиш"),
    "demo-refusals": Text(
        "What must be refused",
        "Что должно быть отклонено",
        "Rad etilishi kerak bo'lganlar",
        "Рад этилиши керак бўлганлар",
    ),
    "demo-evidence": Text("Evidence", "Свидетельства", "Dalolatnomalar", "Далолатномалар"),
    "demo-opinion": Text(
        "Second opinion: openssl", "Второе мнение: openssl", "Ikkinchi fikr: openssl", "Иккинчи фикр: openssl"
    ),
    "demo-folder-temporary": Text(
        "{folder}, removed at the end (--keep DIR leaves everything)",
        "{folder}, в конце удаляется (--keep DIR оставит всё)",
        "{folder}, oxirida o'chiriladi (--keep DIR hammasini qoldiradi)",
        "{folder}, охирида ўчирилади (--keep DIR ҳаммасини қолдиради)",
    ),
    "demo-folder-kept": Text(
        "{folder}, everything stays there",
        "{folder}, всё останется в ней",
        "{folder}, hammasi shu yerda qoladi",
        "{folder}, ҳаммаси шу ерда қолади",
    ),
    "demo-root": Text(
        "root {authority}, SHA-256 {fingerprint}",
        "корневой сертификат {authority}, SHA-256 {fingerprint}",
        "ildiz sertifikati {authority}, SHA-256 {fingerprint}",
        "илдиз сертификати {authority}, SHA-256 {fingerprint}",
    ),
    "demo-issuing": Text(
        "below it {authority}", "под ним {authority}", "uning ostida {authority}", "унинг остида {authority}"
    ),
    "demo-agency": Text(
        "{agency} ({domain}): a home, the agency's seal, the node's TLS certificate",
        "{agency} ({domain}): домашняя папка узла, печать организации, TLS-сертификат узла",
        "{agency} ({domain}): tugun papkasi, tashkilot muhri, tugunning TLS sertifikati",
        "{agency} ({domain}): тугун папкаси, ташкилот муҳри, тугуннинг TLS сертификати",
    ),
    "demo-mailbox": Text(
        "mailbox {mailbox}, its key wrapped to its officers: {officers}",
        "ящик {mailbox}, его ключ зашифрован для должностных лиц: {officers}",
        "{mailbox} pochta qutisi, kaliti mansabdor shaxslar uchun o'ralgan: {officers}",
        "{mailbox} почта қутиси, калити мансабдор шахслар учун ўралган: {officers}",
    ),
    "demo-requested": Text(
        "signature keys were born with the officers; the authority saw {count} requests, never a key",
        "ключи подписи созданы у самих должностных лиц; центр видел не ключи, а запросы: {count}",
        "imzo kalitlari mansabdor shaxslarning o'zida yaratilgan; markaz {count} ta so'rovni ko'rdi, "
        "kalitlarni emas",
        "имзо калитлари мансабдор шахсларнинг ўзида яратилган; марказ {count} та сўровни кўрди, "
        "калитларни эмас",
    ),
    "demo-joined": Text(
        "bundles exchanged; each compared the fingerprint of the other's root: {fingerprint}",
        "файлы сведений переданы; каждая сторона сверила отпечаток корневого сертификата: {fingerprint}",
        "ma'lumotlar fayllari almashildi; har bir tomon ildiz sertifikati barmoq izini solishtirdi: "
        "{fingerprint}",
        "маълумотлар файллари алмашилди; ҳар бир томон илдиз сертификати бармоқ изини солиштирди: "
        "{fingerprint}",
    ),
    "demo-node": Text(
        "{node}: submission {submission} (TLS, login), relay {relay} (mutual TLS)",
        "{node}: приём от пользователей {submission} (TLS, вход по паролю), обмен {relay} (взаимный TLS)",
        "{node}: foydalanuvchilardan qabul {submission} (TLS, parol bilan), almashinuv {relay} (o'zaro TLS)",
        "{node}: фойдаланувчилардан қабул {submission} (TLS, парол билан), алмашинув {relay} (ўзаро TLS)",
    ),
    "demo-drafted": Text(
        "drafted: {subject}, from {sender} to {recipient}",
        "черновик: {subject}, от {sender} для {recipient}",
        "qoralama: {subject}, {sender} dan {recipient} ga",
        "қоралама: {subject}, {sender} дан {recipient} га",
    ),
    "demo-attached": Text(
        "attached: {name}, {size} octets",
        "вложение: {name}, {size} байт",
        "ilova: {name}, {size} bayt",
        "илова: {name}, {size} байт",
    ),
    "demo-signed": Text(
        "signed by {signer}, encrypted, signed again outside: {size} octets; the subject is not seen outside",
        "подписано ({signer}), зашифровано, подписано снаружи: {size} байт; тема снаружи не видна",
        "{signer} imzoladi, shifrlandi, tashqaridan yana imzolandi: {size} bayt; mavzu tashqaridan "
        "ko'rinmaydi",
        "{signer} имзолади, шифрланди, ташқаридан яна имзоланди: {size} байт; мавзу ташқаридан кўринмайди",
    ),
    "demo-accepted": Text(
        "submitted by {login}: {reply}",
        "отправлено пользователем {login}: {reply}",
        "{login} topshirdi: {reply}",
        "{login} топширди: {reply}",
    ),
    "demo-delivered": Text(
        "relayed and delivered to {mailbox} as {key} in {seconds} s, octet for octet",
        "передано и доставлено в {mailbox} под номером {key} за {seconds} с, байт в байт",
        "uzatildi va {mailbox} qutisiga {key} raqami bilan {seconds} s ichida baytma-bayt yetkazildi",
        "узатилди ва {mailbox} қутисига {key} рақами билан {seconds} с ичида байтма-байт етказилди",
    ),
    "demo-unlocked": Text(
        "{officer} unlocks the key of {mailbox} and opens the letter",
        "{officer} открывает ключ ящика {mailbox} и читает письмо",
        "{officer} {mailbox} qutisining kalitini ochib, xatni o'qiydi",
        "{officer} {mailbox} қутисининг калитини очиб, хатни ўқийди",
    ),
    "demo-verdict": Text(
        "{verdict} [{indication}]: {signer}, {agency}, signed {at}",
        "{verdict} [{indication}]: {signer}, {agency}, подписано {at}",
        "{verdict} [{indication}]: {signer}, {agency}, imzolangan vaqti {at}",
        "{verdict} [{indication}]: {signer}, {agency}, имзоланган вақти {at}",
    ),
    "demo-text": Text("text: {line}", "текст: {line}", "matn: {line}", "матн: {line}"),
    "demo-requisites": Text(
        "number {number}, reply to {in_reply_to}, due {due}, executor {executor}",
        "исходящий {number}, на номер {in_reply_to}, срок {due}, исполнитель {executor}",
        "chiquvchi raqami {number}, {in_reply_to} raqamiga javoban, muddati {due}, ijrochi {executor}",
        "чиқувчи рақами {number}, {in_reply_to} рақамига жавобан, муддати {due}, ижрочи {executor}",
    ),
    "demo-attachment-whole": Text(
        "attachment {name} is the same to the octet: SHA-256 {digest}",
        "вложение {name} совпадает до байта: SHA-256 {digest}",
        "{name} ilovasi baytigacha aynan o'sha: SHA-256 {digest}",
        "{name} иловаси байтигача айнан ўша: SHA-256 {digest}",
    ),
    "demo-refused-unsigned": Text(
        "unsigned letter: {status} {reason} [{finding}]",
        "письмо без подписи: {status} {reason} [{finding}]",
        "imzosiz xat: {status} {reason} [{finding}]",
        "имзосиз хат: {status} {reason} [{finding}]",
    ),
    "demo-refused-forged": Text(
        "forged sender: {status} {reason} [{finding}]",
        "поддельный отправитель: {status} {reason} [{finding}]",
        "soxta jo'natuvchi: {status} {reason} [{finding}]",
        "сохта жўнатувчи: {status} {reason} [{finding}]",
    ),
    "demo-refused-for-another": Text(
        "encrypted to someone else: {status} {reason} [{finding}]",
        "зашифровано для другого: {status} {reason} [{finding}]",
        "boshqa uchun shifrlangan: {status} {reason} [{finding}]",
        "бошқа учун шифрланган: {status} {reason} [{finding}]",
    ),
    "demo-refused-changed": Text(
        "one octet changed between the nodes: {status} {reason} [{finding}]",
        "между узлами изменён один байт: {status} {reason} [{finding}]",
        "tugunlar orasida bir bayt o'zgargan: {status} {reason} [{finding}]",
        "тугунлар орасида бир байт ўзгарган: {status} {reason} [{finding}]",
    ),
    "demo-refused-revoked": Text(
        "revoked signer: {status} {reason} [{finding}]",
        "отозванный сертификат подписанта: {status} {reason} [{finding}]",
        "imzolovchi sertifikati bekor qilingan: {status} {reason} [{finding}]",
        "имзоловчи сертификати бекор қилинган: {status} {reason} [{finding}]",
    ),
    "demo-chain-holds": Text(
        "{agency}: {count} records, the chain is unbroken, every seal is valid; of the letter:",
        "{agency}: записей {count}, цепочка цела, все печати действительны; о письме:",
        "{agency}: {count} ta yozuv, zanjir butun, barcha muhrlar haqiqiy; xat haqida:",
        "{agency}: {count} та ёзув, занжир бутун, барча муҳрлар ҳақиқий; хат ҳақида:",
    ),
    "demo-event": Text(
        "- {at} {title} [{event}]",
        "- {at} {title} [{event}]",
        "- {at} {title} [{event}]",
        "- {at} {title} [{event}]",
    ),
    "demo-told": Text(
        "{agency} holds {count} records that {peer} sealed about it",
        "{agency}: получено записей о нём под печатью {peer}: {count}",
        "{agency}: u haqida {peer} muhri bilan {count} ta yozuv olindi",
        "{agency}: у ҳақида {peer} муҳри билан {count} та ёзув олинди",
    ),
    "demo-rejections-attested": Text(
        "each of the {count} refusals is attested with its reason",
        "каждый отказ ({count}) засвидетельствован с причиной",
        "{count} ta rad etishning har biri sababi bilan qayd etilgan",
        "{count} та рад этишнинг ҳар бири сабаби билан қайд этилган",
    ),
    "demo-openssl-outer": Text(
        "{version}: the outer signature of the delivered letter is valid",
        "{version}: внешняя подпись доставленного письма действительна",
        "{version}: yetkazilgan xatning tashqi imzosi haqiqiy",
        "{version}: етказилган хатнинг ташқи имзоси ҳақиқий",
    ),
    "demo-openssl-opened": Text(
        "{version}: the recipient's key opens the envelope",
        "{version}: ключ получателя открывает конверт",
        "{version}: qabul qiluvchi kaliti konvertni ochadi",
        "{version}: қабул қилувчи калити конвертни очади",
    ),
    "demo-openssl-inner": Text(
        "{version}: the inner signature is valid, and the content is the one that was read",
        "{version}: внутренняя подпись действительна, содержание то же, что прочитано",
        "{version}: ichki imzo haqiqiy, mazmuni o'qilganining o'zi",
        "{version}: ички имзо ҳақиқий, мазмуни ўқилганининг ўзи",
    ),
    "demo-openssl-absent": Text(
        "openssl is not here, so there is no second opinion",
        "openssl здесь нет, поэтому второго мнения нет",
        "openssl bu yerda yo'q, shuning uchun ikkinchi fikr ham yo'q",
        "openssl бу ерда йўқ, шунинг учун иккинчи фикр ҳам йўқ",
    ),
    "demo-openssl-old": Text(
        "{version} is here; OpenSSL 3.0 or later is needed for a second opinion",
        "здесь {version}; для второго мнения нужен OpenSSL 3.0 или новее",
        "bu yerda {version}; ikkinchi fikr uchun OpenSSL 3.0 yoki yangisi kerak",
        "бу ерда {version}; иккинчи фикр учун OpenSSL 3.0 ёки янгиси керак",
    ),
    "demo-document-large": Text(
        "{file} is larger than {limit} MiB, which a letter of the demonstration does not take",
        "{file} больше {limit} МиБ, в письмо демонстрации это не помещается",
        "{file} {limit} MiB dan katta, namoyish xatiga sig'maydi",
        "{file} {limit} МиБ дан катта, намойиш хатига сиғмайди",
    ),
    "demo-failed": Text(
        "the demonstration failed at `{stage}`: found {found}; wanted {wanted}",
        "демонстрация не удалась на шаге `{stage}`: получено {found}; ожидалось {wanted}",
        "namoyish `{stage}` bosqichida to'xtadi: topildi {found}; kutilgan edi {wanted}",
        "намойиш `{stage}` босқичида тўхтади: топилди {found}; кутилган эди {wanted}",
    ),
    "demo-kept": Text(
        "everything is in {folder}; begin with {folder}/README.md",
        "всё лежит в {folder}; начните с {folder}/README.md",
        "hammasi {folder} papkasida; {folder}/README.md dan boshlang",
        "ҳаммаси {folder} папкасида; {folder}/README.md дан бошланг",
    ),
    "demo-done": Text(
        "done in {seconds} s",
        "готово за {seconds} с",
        "{seconds} soniyada tugadi",
        "{seconds} сонияда тугади",
    ),
}
