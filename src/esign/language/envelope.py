"""Messages of the room `envelope`: who may be encrypted for, and what an envelope opens to."""

from typing import Final

from esign.language.words import Text

MESSAGES: Final[dict[str, Text]] = {
    "encrypted-content-missing": Text(
        "the envelope holds no encrypted content",
        "в конверте нет зашифрованного содержимого",
        "konvertda shifrlangan mazmun yo'q",
        "конвертда шифрланган мазмун йўқ",
    ),
    "content-over-cipher": Text(
        "{algorithm} closes at most {limit} octets under one key: found {found}",
        "{algorithm} закрывает одним ключом не более {limit} октетов: найдено {found}",
        "{algorithm} bitta kalit bilan ko'pi bilan {limit} oktetni yopadi: topildi {found}",
        "{algorithm} битта калит билан кўпи билан {limit} октетни ёпади: топилди {found}",
    ),
    "content-over-memory": Text(
        "the content has {found} octets, {limit} are kept in memory: let it be written to a file, out",
        "содержимое занимает {found} октетов, в памяти держат {limit}: укажите файл для записи, out",
        "mazmun {found} oktet, xotirada {limit} saqlanadi: yoziladigan faylni ko'rsating, out",
        "мазмун {found} октет, хотирада {limit} сақланади: ёзиладиган файлни кўрсатинг, out",
    ),
    "decryption-failed": Text(
        "the content cannot be decrypted",
        "содержимое не удалось расшифровать",
        "mazmunning shifrini ochib bo'lmadi",
        "мазмуннинг шифрини очиб бўлмади",
    ),
    "not-a-recipient": Text(
        "the content is not encrypted for any of the given keys",
        "содержимое не зашифровано ни для одного из указанных ключей",
        "mazmun berilgan kalitlarning hech biri uchun shifrlanmagan",
        "мазмун берилган калитларнинг ҳеч бири учун шифрланмаган",
    ),
    "recipient-key-usage": Text(
        "nothing may be encrypted for {subject}: the certificate lacks the key usage {wanted}",
        "для {subject} шифровать нельзя: в сертификате нет назначения ключа {wanted}",
        "{subject} uchun shifrlash mumkin emas: sertifikatda {wanted} kalit vazifasi yo'q",
        "{subject} учун шифрлаш мумкин эмас: сертификатда {wanted} калит вазифаси йўқ",
    ),
    "recipient-key-kind": Text(
        "nothing can be encrypted for {subject}: the key is of a kind that only signs, or is not supported",
        "для {subject} шифровать нельзя: ключ предназначен только для подписи или не поддерживается",
        "{subject} uchun shifrlab bo'lmaydi: kalit faqat imzolaydi yoki qo'llab-quvvatlanmaydi",
        "{subject} учун шифрлаб бўлмайди: калит фақат имзолайди ёки қўллаб-қувватланмайди",
    ),
    "recipient-key-size": Text(
        "nothing may be encrypted for {subject}: an RSA key of {found} bits",
        "для {subject} шифровать нельзя: ключ RSA размером {found} бит",
        "{subject} uchun shifrlash mumkin emas: RSA kaliti {found} bit",
        "{subject} учун шифрлаш мумкин эмас: RSA калити {found} бит",
    ),
    "recipient-capabilities": Text(
        "{subject} reads no cipher that all recipients read",
        "{subject} не читает ни одного шифра, который читают все получатели",
        "{subject} barcha oluvchilar o'qiydigan birorta shifrni o'qimaydi",
        "{subject} барча олувчилар ўқийдиган бирорта шифрни ўқимайди",
    ),
    "cipher-not-accepted": Text(
        "the envelope is closed with {algorithm}, which is not accepted here",
        "конверт закрыт шифром {algorithm}, который здесь не принимается",
        "konvert {algorithm} bilan yopilgan, u bu yerda qabul qilinmaydi",
        "конверт {algorithm} билан ёпилган, у бу ерда қабул қилинмайди",
    ),
    "envelope-not-nested": Text(
        "the envelope does not ask for a classical and a post-quantum key: found {found}",
        "конверт не требует и классического, и постквантового ключа: найдено {found}",
        "konvert ham klassik, ham postkvant kalitni talab qilmaydi: topildi {found}",
        "конверт ҳам классик, ҳам постквант калитни талаб қилмайди: топилди {found}",
    ),
    "content-not-authenticated": Text(
        "{algorithm} does not protect the content from change: only a signature tells whether it is whole",
        "{algorithm} не защищает содержимое от изменения: целость подтверждает только подпись",
        "{algorithm} mazmunni o'zgarishdan himoya qilmaydi: butunligini faqat imzo tasdiqlaydi",
        "{algorithm} мазмунни ўзгаришдан ҳимоя қилмайди: бутунлигини фақат имзо тасдиқлайди",
    ),
    "encryption-downgraded": Text(
        "closed with {algorithm}, although authenticated encryption could be read or is wanted",
        "закрыто шифром {algorithm}, хотя аутентифицированное шифрование читается или желательно",
        "{algorithm} bilan yopilgan, vaholanki autentifikatsiyalangan shifr o'qiladi yoki kerak",
        "{algorithm} билан ёпилган, ваҳоланки аутентификацияланган шифр ўқилади ёки керак",
    ),
    "legacy-cipher": Text(
        "closed with {algorithm}, a cipher of the past",
        "закрыто устаревшим шифром {algorithm}",
        "eskirgan {algorithm} shifri bilan yopilgan",
        "эскирган {algorithm} шифри билан ёпилган",
    ),
    "legacy-key-transport": Text(
        "the key was sent by {algorithm}, which attackers use to ask for its content",
        "ключ передан способом {algorithm}, который позволяет злоумышленнику выведать содержимое",
        "kalit {algorithm} usulida yuborilgan, u hujumchiga mazmunni bilib olishga imkon beradi",
        "калит {algorithm} усулида юборилган, у ҳужумчига мазмунни билиб олишга имкон беради",
    ),
}
