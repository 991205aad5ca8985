"""Messages of the commands of `exat_cli.pki`."""

from typing import Final

from esign.language.words import Text

MESSAGES: Final[dict[str, Text]] = {
    "folder-exists": Text(
        "{folder} is not empty, and nothing is overwritten there",
        "папка {folder} не пуста, в ней ничего не перезаписывается",
        "{folder} papkasi bo'sh emas, unda hech narsa ustidan yozilmaydi",
        "{folder} папкаси бўш эмас, унда ҳеч нарса устидан ёзилмайди",
    ),
    "pki-made": Text(
        "the authority stands in {folder}; give away {root}, its SHA-256 is {fingerprint}",
        "центр создан в {folder}; раздавайте {root}, его SHA-256: {fingerprint}",
        "markaz {folder} papkasida yaratildi; {root} faylini tarqating, uning SHA-256 izi: {fingerprint}",
        "марказ {folder} папкасида яратилди; {root} файлини тарқатинг, унинг SHA-256 изи: {fingerprint}",
    ),
    "profile-not-found": Text(
        "there is no profile {name}",
        "профиля {name} нет",
        "{name} profili yo'q",
        "{name} профили йўқ",
    ),
    "request-made": Text(
        "your key is in {key} and stays with you; give {request} to the registrar",
        "ваш ключ в {key}, он остаётся у вас; передайте {request} регистратору",
        "kalitingiz {key} faylida va o'zingizda qoladi; {request} faylini ro'yxatga oluvchiga bering",
        "калитингиз {key} файлида ва ўзингизда қолади; {request} файлини рўйхатга олувчига беринг",
    ),
    "lint-clean": Text(
        "nothing stands against it: {profile} would be issued to {subject}",
        "препятствий нет: сертификат {profile} был бы выдан: {subject}",
        "to'siq yo'q: {profile} sertifikati berilgan bo'lar edi: {subject}",
        "тўсиқ йўқ: {profile} сертификати берилган бўлар эди: {subject}",
    ),
    "issued": Text(
        "issued to {subject}, serial {serial}: {out}",
        "выдан: {subject}, серийный номер {serial}: {out}",
        "berildi: {subject}, seriya raqami {serial}: {out}",
        "берилди: {subject}, серия рақами {serial}: {out}",
    ),
    "revoked": Text(
        "{serial} is revoked ({reason}); fresh lists are in {folder}, take them to the nodes",
        "{serial} отозван ({reason}); новые списки в {folder}, доставьте их узлам",
        "{serial} bekor qilindi ({reason}); yangi ro'yxatlar {folder} papkasida, ularni tugunlarga yetkazing",
        "{serial} бекор қилинди ({reason}); янги рўйхатлар {folder} папкасида, уларни тугунларга етказинг",
    ),
    "suspended": Text(
        "{serial} is on hold; fresh lists are in {folder}, take them to the nodes",
        "{serial} приостановлен; новые списки в {folder}, доставьте их узлам",
        "{serial} to'xtatildi; yangi ro'yxatlar {folder} papkasida, ularni tugunlarga yetkazing",
        "{serial} тўхтатилди; янги рўйхатлар {folder} папкасида, уларни тугунларга етказинг",
    ),
    "restored": Text(
        "{serial} is good again; fresh lists are in {folder}, take them to the nodes",
        "{serial} снова действует; новые списки в {folder}, доставьте их узлам",
        "{serial} yana amal qiladi; yangi ro'yxatlar {folder} papkasida, ularni tugunlarga yetkazing",
        "{serial} яна амал қилади; янги рўйхатлар {folder} папкасида, уларни тугунларга етказинг",
    ),
    "resumed": Text(
        "{name}: {lost} events are lost; {taken} revocations taken from the lists; unknown certificates: "
        "{unknown}; on hold, and not on the list: {held}",
        "{name}: потеряно событий {lost}; отзывов взято из списков: {taken}; неизвестных здесь сертификатов: "
        "{unknown}; приостановлено и не в списке: {held}",
        "{name}: {lost} ta hodisa yo'qolgan; ro'yxatlardan {taken} ta bekor qilish olindi; bu yerda noma'lum "
        "sertifikatlar: {unknown}; to'xtatilgan va ro'yxatda yo'q: {held}",
        "{name}: {lost} та ҳодиса йўқолган; рўйхатлардан {taken} та бекор қилиш олинди; бу ерда номаълум "
        "сертификатлар: {unknown}; тўхтатилган ва рўйхатда йўқ: {held}",
    ),
    "not-set-back": Text(
        "no authority here is behind what it has published",
        "ни один центр здесь не отстал от опубликованного",
        "bu yerda hech bir markaz e'lon qilganidan ortda qolmagan",
        "бу ерда ҳеч бир марказ эълон қилганидан ортда қолмаган",
    ),
    "adopted": Text(
        "known again: {serials}",
        "снова известны: {serials}",
        "yana ma'lum: {serials}",
        "яна маълум: {serials}",
    ),
    "log-whole": Text(
        "{name}: {events} events, none altered",
        "{name}: событий {events}, ни одно не изменено",
        "{name}: {events} ta hodisa, hech biri o'zgartirilmagan",
        "{name}: {events} та ҳодиса, ҳеч бири ўзгартирилмаган",
    ),
    "crl-published": Text(
        "{file}: list {number}, good until {until}",
        "{file}: список {number}, действует до {until}",
        "{file}: {number}-ro'yxat, {until} gacha amal qiladi",
        "{file}: {number}-рўйхат, {until} гача амал қилади",
    ),
    "request-or-pkcs12": Text(
        "without a request the authority makes the key, and must know where it goes",
        "без запроса ключ создаёт центр, и нужно указать, куда его записать",
        "so'rovsiz kalitni markaz yaratadi, uni qayerga yozishni ko'rsatish kerak",
        "сўровсиз калитни марказ яратади, уни қаерга ёзишни кўрсатиш керак",
    ),
    "export-what": Text(
        "wanted SERIAL with --ca, or --key with --certificate",
        "нужен SERIAL с --ca или --key с --certificate",
        "SERIAL va --ca, yoki --key va --certificate kerak",
        "SERIAL ва --ca, ёки --key ва --certificate керак",
    ),
    "exported": Text("written to {out}", "записано в {out}", "{out} ga yozildi", "{out} га ёзилди"),
    "label-policies": Text(
        "Certificate policies for which the path is valid",
        "Политики сертификата, для которых цепочка действительна",
        "Zanjir qaysi sertifikat siyosatlari uchun haqiqiy",
        "Занжир қайси сертификат сиёсатлари учун ҳақиқий",
    ),
    "policies-any": Text("any", "любые", "istalgan", "исталган"),
    "policies-none": Text("none", "нет", "hech biri", "ҳеч бири"),
}
