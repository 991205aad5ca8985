"""Messages of the room `asic`: containers, their packages and manifests."""

from typing import Final

from esign.language.words import Text

MESSAGES: Final[dict[str, Text]] = {
    "container-malformed": Text(
        "the container cannot be trusted to hold what it lists: {found}",
        "контейнер нельзя считать содержащим то, что в нём перечислено: {found}",
        "konteynerda ro'yxatdagi narsa borligiga ishonib bo'lmaydi: {found}",
        "контейнерда рўйхатдаги нарса борлигига ишониб бўлмайди: {found}",
    ),
    "manifest-malformed": Text(
        "the manifest of the container cannot be read: {found}",
        "манифест контейнера не читается: {found}",
        "konteyner manifesti o'qilmadi: {found}",
        "контейнер манифести ўқилмади: {found}",
    ),
    "container-mimetype": Text(
        "the container does not say what it is: mimetype {found}",
        "контейнер не указывает, чем он является: mimetype {found}",
        "konteyner o'zining turini ko'rsatmaydi: mimetype {found}",
        "контейнер ўзининг турини кўрсатмайди: mimetype {found}",
    ),
    "container-form-unknown": Text(
        "the container holds signatures or evidence records in XML, which are not judged here",
        "в контейнере есть подписи или записи доказательств в формате XML, здесь они не проверяются",
        "konteynerda XML imzolar yoki dalillar yozuvlari bor, ular bu yerda tekshirilmaydi",
        "контейнерда XML имзолар ёки далиллар ёзувлари бор, улар бу ерда текширилмайди",
    ),
    "container-file-not-signed": Text(
        "no signature covers this file",
        "этот файл не охвачен ни одной подписью",
        "bu fayl hech bir imzo bilan qamrab olinmagan",
        "бу файл ҳеч бир имзо билан қамраб олинмаган",
    ),
    "container-manifest-missing": Text(
        "no manifest says which files the signature covers",
        "нет манифеста, указывающего, какие файлы охватывает подпись",
        "imzo qaysi fayllarni qamrashini ko'rsatadigan manifest yo'q",
        "имзо қайси файлларни қамрашини кўрсатадиган манифест йўқ",
    ),
    "container-data-objects": Text(
        "the container must hold exactly one file beside the signature, found {found}",
        "кроме подписи контейнер должен содержать ровно один файл, найдено: {found}",
        "konteynerda imzodan tashqari faqat bitta fayl bo'lishi kerak, topildi: {found}",
        "контейнерда имзодан ташқари фақат битта файл бўлиши керак, топилди: {found}",
    ),
    "container-file-missing": Text(
        "the signature covers a file that the container does not hold",
        "подпись охватывает файл, которого в контейнере нет",
        "imzo konteynerda yo'q faylni qamraydi",
        "имзо контейнерда йўқ файлни қамрайди",
    ),
    "container-digest-unknown": Text(
        "the digest of the file is by an algorithm that is not known: {algorithm}",
        "хеш файла вычислен неизвестным алгоритмом: {algorithm}",
        "fayl xeshi noma'lum algoritm bilan hisoblangan: {algorithm}",
        "файл хеши номаълум алгоритм билан ҳисобланган: {algorithm}",
    ),
    "container-file-differs": Text(
        "the file is not the one that was signed",
        "файл не тот, который был подписан",
        "fayl imzolangan fayl emas",
        "файл имзоланган файл эмас",
    ),
    "container-signature": Text(
        "the signature covers: {files}",
        "подпись охватывает: {files}",
        "imzo qamraydi: {files}",
        "имзо қамрайди: {files}",
    ),
    "container-time-stamp": Text(
        "the time stamp or evidence record covers: {files}",
        "штамп времени или запись доказательств охватывает: {files}",
        "vaqt tamg'asi yoki dalillar yozuvi qamraydi: {files}",
        "вақт тамғаси ёки далиллар ёзуви қамрайди: {files}",
    ),
}
