"""Messages of the room `ers`: evidence records."""

from typing import Final

from esign.language.words import Text

MESSAGES: Final[dict[str, Text]] = {
    "ers-malformed": Text(
        "the evidence record cannot be read: {found}",
        "запись доказательств не читается: {found}",
        "dalillar yozuvi o'qilmadi: {found}",
        "далиллар ёзуви ўқилмади: {found}",
    ),
    "ers-object-missing": Text(
        "the evidence record does not cover data object {object}",
        "запись доказательств не охватывает объект данных {object}",
        "dalillar yozuvi {object} ma'lumot obyektini qamramaydi",
        "далиллар ёзуви {object} маълумот объектини қамрамайди",
    ),
    "ers-object-extra": Text(
        "the group in the evidence record has other members than the data objects given: {found} in all",
        "состав группы в записи доказательств не равен переданным объектам данных: всего в ней {found}",
        "dalillar yozuvidagi guruh tarkibi berilgan ma'lumot obyektlariga teng emas: jami {found}",
        "далиллар ёзувидаги гуруҳ таркиби берилган маълумот объектларига тенг эмас: жами {found}",
    ),
    "ers-data-missing": Text(
        "the data that the evidence record covers were not given",
        "данные, которые охватывает запись доказательств, не переданы",
        "dalillar yozuvi qamragan ma'lumotlar berilmagan",
        "далиллар ёзуви қамраган маълумотлар берилмаган",
    ),
    "ers-root-mismatch": Text(
        "the hash tree does not lead to the hash that is time-stamped",
        "дерево хешей не ведёт к хешу, на который поставлен штамп времени",
        "xesh daraxti vaqt tamg'asi qo'yilgan xeshga olib bormaydi",
        "хеш дарахти вақт тамғаси қўйилган хешга олиб бормайди",
    ),
    "ers-renewal-mismatch": Text(
        "the archive time stamp does not cover the time stamp before it",
        "архивный штамп времени не охватывает предыдущий штамп времени",
        "arxiv vaqt tamg'asi o'zidan oldingi vaqt tamg'asini qamramaydi",
        "архив вақт тамғаси ўзидан олдинги вақт тамғасини қамрамайди",
    ),
    "ers-digest-differs": Text(
        "another digest algorithm stands where {wanted} is wanted: {found}",
        "другой алгоритм хеширования вместо {wanted}: {found}",
        "{wanted} o'rnida boshqa xesh algoritmi turibdi: {found}",
        "{wanted} ўрнида бошқа хеш алгоритми турибди: {found}",
    ),
    "ers-digest-unlisted": Text(
        "the evidence record uses a digest algorithm that it does not list: {found}",
        "запись доказательств использует неуказанный алгоритм хеширования: {found}",
        "dalillar yozuvi ro'yxatida yo'q xesh algoritmini ishlatadi: {found}",
        "далиллар ёзуви рўйхатида йўқ хеш алгоритмини ишлатади: {found}",
    ),
    "ers-hash-size": Text(
        "a hash in the tree has another size than its algorithm gives: {wanted} octets are wanted",
        "размер хеша в дереве не тот, что даёт алгоритм: нужно {wanted} октетов",
        "daraxtdagi xesh o'lchami algoritmnikidan boshqa: {wanted} oktet kerak",
        "дарахтдаги хеш ўлчами алгоритмникидан бошқа: {wanted} октет керак",
    ),
    "ers-list-unsorted": Text(
        "a list of hashes is not in binary ascending order",
        "список хешей не в порядке двоичного возрастания",
        "xeshlar ro'yxati ikkilik o'sish tartibida emas",
        "хешлар рўйхати иккилик ўсиш тартибида эмас",
    ),
    "ers-order": Text(
        "an archive time stamp is earlier than the one that it renews",
        "архивный штамп времени раньше того, который он продлевает",
        "arxiv vaqt tamg'asi o'zi uzaytirgan tamg'adan oldinroq",
        "архив вақт тамғаси ўзи узайтирган тамғадан олдинроқ",
    ),
    "ers-encrypted": Text(
        "the evidence record is over encrypted data: give the data as they were encrypted",
        "запись доказательств охватывает зашифрованные данные: передайте их в зашифрованном виде",
        "dalillar yozuvi shifrlangan ma'lumotlar ustida: ularni shifrlangan holida bering",
        "далиллар ёзуви шифрланган маълумотлар устида: уларни шифрланган ҳолида беринг",
    ),
}
