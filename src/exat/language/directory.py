"""Messages of the room `directory`: bundles of agencies, and entries that contradict each other."""

from typing import Final

from esign.language.words import Text

MESSAGES: Final[dict[str, Text]] = {
    "malformed-json": Text(
        "the signed data cannot be read as JSON",
        "подписанные данные не читаются как JSON",
        "imzolangan ma'lumotlar JSON sifatida o'qilmadi",
        "имзоланган маълумотлар JSON сифатида ўқилмади",
    ),
    "bundle-malformed": Text(
        "the agency's bundle cannot be read: {found}; ask the agency for a new export",
        "файл сведений об организации не читается: {found}; запросите его у организации заново",
        "tashkilot ma'lumotlari fayli o'qilmadi: {found}; tashkilotdan faylni qayta so'rang",
        "ташкилот маълумотлари файли ўқилмади: {found}; ташкилотдан файлни қайта сўранг",
    ),
    "bundle-signature-invalid": Text(
        "the bundle is not validly signed by the seal of {agency}: {found}; do not use it",
        "файл сведений не подписан действительной печатью организации {agency}: {found}; не используйте его",
        "ma'lumotlar fayli {agency} tashkilotining haqiqiy muhri bilan imzolanmagan: {found}; undan "
        "foydalanmang",
        "маълумотлар файли {agency} ташкилотининг ҳақиқий муҳри билан имзоланмаган: {found}; ундан "
        "фойдаланманг",
    ),
    "bundle-expired": Text(
        "the bundle of {agency} was valid until {expires_at}; ask the agency for a new export",
        "срок действия файла сведений {agency} истёк {expires_at}; запросите у организации новый файл",
        "{agency} ma'lumotlar faylining muddati {expires_at} da tugagan; tashkilotdan yangi fayl so'rang",
        "{agency} маълумотлар файлининг муддати {expires_at} да тугаган; ташкилотдан янги файл сўранг",
    ),
    "bundle-not-yet-valid": Text(
        "the bundle of {agency} is dated {issued_at}, which is in the future; check the clock of this "
        "machine",
        "файл сведений {agency} датирован будущим временем {issued_at}; проверьте часы этого компьютера",
        "{agency} ma'lumotlar faylida kelajak vaqti ko'rsatilgan: {issued_at}; ushbu kompyuter soatini "
        "tekshiring",
        "{agency} маълумотлар файлида келажак вақти кўрсатилган: {issued_at}; ушбу компьютер соатини "
        "текширинг",
    ),
    "bundle-rollback": Text(
        "the bundle of {agency} has number {found}, but number {known} is known already; use the newest "
        "export",
        "номер файла сведений {agency}: {found}, а уже известен номер {known}; используйте самый новый файл",
        "{agency} ma'lumotlar fayli raqami {found}, {known} raqamlisi esa allaqachon ma'lum; eng yangi "
        "fayldan "
        "foydalaning",
        "{agency} маълумотлар файли рақами {found}, {known} рақамлиси эса аллақачон маълум; энг янги файлдан "
        "фойдаланинг",
    ),
    "bundle-other-agency": Text(
        "the bundle speaks for {found}, but {known} was expected",
        "файл сведений относится к организации {found}, а ожидалась {known}",
        "ma'lumotlar fayli {found} tashkilotiga tegishli, {known} esa kutilgan edi",
        "маълумотлар файли {found} ташкилотига тегишли, {known} эса кутилган эди",
    ),
    "bundle-root-changed": Text(
        "the bundle of {agency} brings another root certificate, {found}; confirm it by telephone, "
        "then import it with its fingerprint",
        "в файле сведений {agency} другой корневой сертификат, {found}; подтвердите его по телефону "
        "и затем импортируйте с отпечатком",
        "{agency} ma'lumotlar faylida boshqa ildiz sertifikati bor: {found}; uni telefon orqali tasdiqlab, "
        "so'ng barmoq izi bilan import qiling",
        "{agency} маълумотлар файлида бошқа илдиз сертификати бор: {found}; уни телефон орқали тасдиқлаб, "
        "сўнг бармоқ изи билан импорт қилинг",
    ),
    "fingerprint-needed": Text(
        "a first contact must be confirmed: compare the fingerprint {fingerprint} with {agency} by telephone",
        "первое подключение нужно подтвердить: сверьте отпечаток {fingerprint} с организацией {agency} "
        "по телефону",
        "birinchi ulanish tasdiqlanishi kerak: {fingerprint} barmoq izini {agency} tashkiloti bilan "
        "telefon orqali "
        "solishtiring",
        "биринчи уланиш тасдиқланиши керак: {fingerprint} бармоқ изини {agency} ташкилоти билан телефон "
        "орқали "
        "солиштиринг",
    ),
    "fingerprint-mismatch": Text(
        "the fingerprint that was confirmed, {wanted}, is not that of the bundle's root, {found}; "
        "the bundle may be forged",
        "подтверждённый отпечаток {wanted} не совпадает с отпечатком корня в файле, {found}; "
        "файл может быть подделан",
        "tasdiqlangan barmoq izi {wanted} fayldagi ildiz izi {found} bilan mos emas; fayl soxta bo'lishi "
        "mumkin",
        "тасдиқланган бармоқ изи {wanted} файлдаги илдиз изи {found} билан мос эмас; файл сохта бўлиши "
        "мумкин",
    ),
    "mailbox-claimed-outside": Text(
        "{agency} lists the mailbox {mailbox}, which lies in the domain of {owner}; the entry is not used",
        "организация {agency} указала ящик {mailbox} в домене организации {owner}; запись не используется",
        "{agency} tashkiloti {owner} domenidagi {mailbox} pochta qutisini ko'rsatgan; yozuvdan "
        "foydalanilmaydi",
        "{agency} ташкилоти {owner} доменидаги {mailbox} почта қутисини кўрсатган; ёзувдан фойдаланилмайди",
    ),
    "signer-claimed-outside": Text(
        "{agency} lists {signer}, an officer of {owner}, as a signer for {mailbox}; the entry is not used",
        "организация {agency} указала сотрудника организации {owner} ({signer}) как подписывающего за "
        "{mailbox}; запись не используется",
        "{agency} tashkiloti {owner} xodimini ({signer}) {mailbox} uchun imzolovchi deb ko'rsatgan; yozuvdan "
        "foydalanilmaydi",
        "{agency} ташкилоти {owner} ходимини ({signer}) {mailbox} учун имзоловчи деб кўрсатган; ёзувдан "
        "фойдаланилмайди",
    ),
    "mailbox-claimed-twice": Text(
        "{agency} lists the mailbox {mailbox}, which belongs to {owner} already; the entry is not used",
        "организация {agency} указала ящик {mailbox}, который уже принадлежит организации {owner}; "
        "запись не используется",
        "{agency} tashkiloti {owner} tashkilotiga tegishli {mailbox} pochta qutisini ko'rsatgan; "
        "yozuvdan foydalanilmaydi",
        "{agency} ташкилоти {owner} ташкилотига тегишли {mailbox} почта қутисини кўрсатган; "
        "ёзувдан фойдаланилмайди",
    ),
    "mailbox-without-key": Text(
        "the mailbox {mailbox} has no encryption certificate: nobody can write to it",
        "у ящика {mailbox} нет сертификата шифрования: написать в него невозможно",
        "{mailbox} pochta qutisida shifrlash sertifikati yo'q: unga xat yozib bo'lmaydi",
        "{mailbox} почта қутисида шифрлаш сертификати йўқ: унга хат ёзиб бўлмайди",
    ),
}
