"""Messages of every command: files, passphrases, usage."""

from typing import Final

from esign.language.words import Text

MESSAGES: Final[dict[str, Text]] = {
    "file-unreadable": Text(
        "cannot read {file}: {reason}",
        "не удалось прочитать {file}: {reason}",
        "{file} faylini o'qib bo'lmadi: {reason}",
        "{file} файлини ўқиб бўлмади: {reason}",
    ),
    "file-unwritable": Text(
        "cannot write {file}: {reason}",
        "не удалось записать {file}: {reason}",
        "{file} faylini yozib bo'lmadi: {reason}",
        "{file} файлини ёзиб бўлмади: {reason}",
    ),
    "file-exists": Text(
        "{file} exists already and is not overwritten",
        "файл {file} уже существует и не перезаписывается",
        "{file} fayli allaqachon mavjud va ustidan yozilmaydi",
        "{file} файли аллақачон мавжуд ва устидан ёзилмайди",
    ),
    "binary-to-terminal": Text(
        "the result is binary and stdout is a terminal",
        "результат двоичный, а вывод идёт на терминал",
        "natija ikkilik, chiqish esa terminal",
        "натижа иккилик, чиқиш эса терминал",
    ),
    "option-missing": Text(
        "the option {option} is missing and there is no terminal to ask on",
        "не указан параметр {option}, а терминала для вопроса нет",
        "{option} parametri ko'rsatilmagan, so'rash uchun terminal esa yo'q",
        "{option} параметри кўрсатилмаган, сўраш учун терминал эса йўқ",
    ),
    "option-wrong": Text(
        "{option} cannot be {found}: {wanted}",
        "{option} не может быть {found}: {wanted}",
        "{option} {found} bo'la olmaydi: {wanted}",
        "{option} {found} бўла олмайди: {wanted}",
    ),
    "time-wrong": Text(
        "{found} is no time with an offset, as 2026-11-23T10:00:00+05:00",
        "{found} - не время со смещением, например 2026-11-23T10:00:00+05:00",
        "{found} vaqt mintaqasi bilan yozilgan vaqt emas, masalan 2026-11-23T10:00:00+05:00",
        "{found} вақт минтақаси билан ёзилган вақт эмас, масалан 2026-11-23T10:00:00+05:00",
    ),
    "passphrase-prompt": Text("Passphrase", "Пароль", "Parol", "Парол"),
    "usage-wrong": Text("{reason}", "{reason}", "{reason}", "{reason}"),
    "usage-no-such-option": Text(
        "there is no option {option}",
        "параметра {option} нет",
        "{option} parametri yo'q",
        "{option} параметри йўқ",
    ),
    "usage-no-such-command": Text(
        "there is no command {command}",
        "команды {command} нет",
        "{command} buyrug'i yo'q",
        "{command} буйруғи йўқ",
    ),
    "usage-missing": Text(
        "{parameter} is missing",
        "не указано: {parameter}",
        "ko'rsatilmagan: {parameter}",
        "кўрсатилмаган: {parameter}",
    ),
    "usage-bad-value": Text(
        "the value of {parameter} is wrong: {reason}",
        "неверное значение {parameter}: {reason}",
        "{parameter} qiymati noto'g'ri: {reason}",
        "{parameter} қиймати нотўғри: {reason}",
    ),
    "not-installed": Text(
        "{command} needs the package {module}, which is not installed",
        "для {command} нужен пакет {module}, он не установлен",
        "{command} uchun {module} paketi kerak, u o'rnatilmagan",
        "{command} учун {module} пакети керак, у ўрнатилмаган",
    ),
    "interrupted": Text("interrupted", "прервано", "to'xtatildi", "тўхтатилди"),
    "unexpected": Text(
        "an error of the program itself: {reason}; run again with --debug and report it",
        "ошибка самой программы: {reason}; запустите ещё раз с --debug и сообщите о ней",
        "dasturning o'z xatosi: {reason}; --debug bilan qayta ishga tushiring va xabar bering",
        "дастурнинг ўз хатоси: {reason}; --debug билан қайта ишга туширинг ва хабар беринг",
    ),
}
