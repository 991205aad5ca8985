"""Messages of the commands of `exat_cli.node`, `people`, `trail` and `doctor`."""

from typing import Final

from esign.language.words import Text

MESSAGES: Final[dict[str, Text]] = {
    "address-wrong": Text(
        "{found} is no address: {reason}",
        "{found} - не адрес: {reason}",
        "{found} manzil emas: {reason}",
        "{found} манзил эмас: {reason}",
    ),
    "ca-made": Text(
        "there was no authority: one was made in {folder}; keep that folder away from the node",
        "центра сертификации не было: он создан в {folder}; храните эту папку отдельно от узла",
        "sertifikat markazi yo'q edi: u {folder} papkasida yaratildi; bu papkani tugundan alohida saqlang",
        "сертификат маркази йўқ эди: у {folder} папкасида яратилди; бу папкани тугундан алоҳида сақланг",
    ),
    "mailbox-with-officer": Text(
        "a first mailbox needs its first officer, and the officer a mailbox",
        "первому ящику нужно должностное лицо, а должностному лицу - ящик",
        "birinchi pochta qutisiga mansabdor shaxs, mansabdor shaxsga esa pochta qutisi kerak",
        "биринчи почта қутисига мансабдор шахс, мансабдор шахсга эса почта қутиси керак",
    ),
    "node-made": Text(
        "the node of {agency} ({domain}) stands in {folder}",
        "узел организации {agency} ({domain}) создан в {folder}",
        "{agency} ({domain}) tuguni {folder} papkasida yaratildi",
        "{agency} ({domain}) тугуни {folder} папкасида яратилди",
    ),
    "root-fingerprint": Text(
        "SHA-256 of its root, to tell its peers by telephone: {fingerprint}",
        "SHA-256 корневого сертификата, чтобы сообщить по телефону: {fingerprint}",
        "telefonda aytish uchun ildiz sertifikatining SHA-256 izi: {fingerprint}",
        "телефонда айтиш учун илдиз сертификатининг SHA-256 изи: {fingerprint}",
    ),
    "officer-made": Text(
        "{officer} signs and opens for {mailbox}, login {login}; hand over {folder} and remove it here",
        "{officer} подписывает и открывает письма {mailbox}, логин {login}; "
        "передайте папку {folder} и удалите её здесь",
        "{officer} {mailbox} xatlarini imzolaydi va ochadi, login {login}; "
        "{folder} papkasini topshiring va bu yerdan o'chiring",
        "{officer} {mailbox} хатларини имзолайди ва очади, логин {login}; {folder} папкасини топширинг ва бу "
        "ердан ўчиринг",
    ),
    "node-listens": Text(
        "the node listens: users at {submission}, other nodes at {relay}",
        "узел принимает: пользователей на {submission}, другие узлы на {relay}",
        "tugun qabul qilmoqda: foydalanuvchilarni {submission} da, boshqa tugunlarni {relay} da",
        "тугун қабул қилмоқда: фойдаланувчиларни {submission} да, бошқа тугунларни {relay} да",
    ),
    "node-stopped": Text("the node has stopped", "узел остановлен", "tugun to'xtadi", "тугун тўхтади"),
    "node-not-running": Text(
        "the node does not run; start it with `exat node serve`",
        "узел не работает; запустите его командой `exat node serve`",
        "tugun ishlamayapti; uni `exat node serve` buyrug'i bilan ishga tushiring",
        "тугун ишламаяпти; уни `exat node serve` буйруғи билан ишга туширинг",
    ),
    "status-queue": Text(
        "queue: {count}, next attempt {next}",
        "очередь: {count}, следующая попытка {next}",
        "navbat: {count}, keyingi urinish {next}",
        "навбат: {count}, кейинги уриниш {next}",
    ),
    "status-evidence": Text(
        "evidence: {count}, last {last}",
        "свидетельства: {count}, последнее {last}",
        "dalillar: {count}, oxirgisi {last}",
        "далиллар: {count}, охиргиси {last}",
    ),
    "status-until": Text(
        "{what}: good until {at}",
        "{what}: действует до {at}",
        "{what}: {at} gacha amal qiladi",
        "{what}: {at} гача амал қилади",
    ),
    "status-expired": Text(
        "{what}: ran out at {at}",
        "{what}: срок истёк {at}",
        "{what}: muddati {at} da tugagan",
        "{what}: муддати {at} да тугаган",
    ),
    "officer-options": Text(
        "an officer needs an authority, a request or a new key, and somebody who opens the mailbox now",
        "для должностного лица нужны центр, запрос или новый ключ, и тот, кто открывает ящик сейчас",
        "mansabdor shaxs uchun markaz, so'rov yoki yangi kalit va qutini hozir ochadigan kishi kerak",
        "мансабдор шахс учун марказ, сўров ёки янги калит ва қутини ҳозир очадиган киши керак",
    ),
    "officer-files": Text(
        "hand over {folder} and remove it here",
        "передайте папку {folder} и удалите её здесь",
        "{folder} papkasini topshiring va bu yerdan o'chiring",
        "{folder} папкасини топширинг ва бу ердан ўчиринг",
    ),
    "user-added": Text(
        "the login {login} may send for {mailboxes}",
        "логин {login} может отправлять от имени {mailboxes}",
        "{login} logini {mailboxes} nomidan yubora oladi",
        "{login} логини {mailboxes} номидан юбора олади",
    ),
    "user-disabled": Text(
        "the login {login} is let in no longer",
        "логин {login} больше не допускается",
        "{login} logini endi kiritilmaydi",
        "{login} логини энди киритилмайди",
    ),
    "disabled": Text("disabled", "отключён", "o'chirilgan", "ўчирилган"),
    "nobody": Text("there is nobody yet", "пока никого нет", "hali hech kim yo'q", "ҳали ҳеч ким йўқ"),
    "peer-added": Text(
        "{agency} ({domain}) is known, mailboxes: {count}",
        "{agency} ({domain}) известна, почтовых ящиков: {count}",
        "{agency} ({domain}) ma'lum, pochta qutilari: {count}",
        "{agency} ({domain}) маълум, почта қутилари: {count}",
    ),
    "peer-removed": Text(
        "{domain} is known no longer",
        "{domain} больше не известна",
        "{domain} endi ma'lum emas",
        "{domain} энди маълум эмас",
    ),
    "bundle-written": Text(
        "{out} goes to the peers; tell them the fingerprint above by telephone",
        "{out} передайте другим узлам; отпечаток выше сообщите по телефону",
        "{out} faylini boshqa tugunlarga bering; yuqoridagi izni telefonda ayting",
        "{out} файлини бошқа тугунларга беринг; юқоридаги изни телефонда айтинг",
    ),
    "queue-empty": Text("nothing waits", "очередь пуста", "navbat bo'sh", "навбат бўш"),
    "letter-not-known": Text(
        "this node knows no letter {key}",
        "этот узел не знает письма {key}",
        "bu tugun {key} xatini bilmaydi",
        "бу тугун {key} хатини билмайди",
    ),
    "no-evidence": Text("there is no evidence", "свидетельств нет", "dalillar yo'q", "далиллар йўқ"),
    "evidence-whole": Text(
        "VALID: one unbroken chain, each record sealed by this agency; records: {count}",
        "ДЕЙСТВИТЕЛЬНО: цепь не нарушена, каждая запись скреплена печатью этой организации; записей: {count}",
        "HAQIQIY: zanjir buzilmagan, har bir yozuv shu tashkilot muhri bilan tasdiqlangan; yozuvlar: {count}",
        "ҲАҚИҚИЙ: занжир бузилмаган, ҳар бир ёзув шу ташкилот муҳри билан тасдиқланган; ёзувлар: {count}",
    ),
    "evidence-unconfirmed": Text(
        "CANNOT BE CONFIRMED: the chain is unbroken, but a seal cannot be checked now; records: {count}",
        "НЕЛЬЗЯ ПОДТВЕРДИТЬ: записей {count}, цепь не нарушена, но печать сейчас нельзя проверить",
        "TASDIQLAB BO'LMADI: {count} yozuv, zanjir buzilmagan, ammo muhrni hozir tekshirib bo'lmaydi",
        "ТАСДИҚЛАБ БЎЛМАДИ: {count} ёзув, занжир бузилмаган, аммо муҳрни ҳозир текшириб бўлмайди",
    ),
    "evidence-broken": Text(
        "NOT VALID: the records are not what the agency sealed, one after another; records: {count}",
        "НЕДЕЙСТВИТЕЛЬНО: записи ({count}) не те, что организация скрепила одну за другой",
        "HAQIQIY EMAS: {count} yozuv tashkilot ketma-ket muhrlagan yozuvlar emas",
        "ҲАҚИҚИЙ ЭМАС: {count} ёзув ташкилот кетма-кет муҳрлаган ёзувлар эмас",
    ),
    "doctor-ok": Text("ok", "хорошо", "yaxshi", "яхши"),
    "doctor-warning": Text("warning", "внимание", "diqqat", "диққат"),
    "doctor-failed": Text("failed", "ошибка", "xato", "хато"),
    "doctor-no-package": Text(
        "not installed; install exat with [node]",
        "не установлен; установите exat с [node]",
        "o'rnatilmagan; exat dasturini [node] bilan o'rnating",
        "ўрнатилмаган; exat дастурини [node] билан ўрнатинг",
    ),
    "doctor-no-openssl": Text(
        "not installed; nothing needs it, but a second opinion is good to have",
        "не установлен; он не обязателен, но даёт второе мнение",
        "o'rnatilmagan; u shart emas, ammo ikkinchi fikr beradi",
        "ўрнатилмаган; у шарт эмас, аммо иккинчи фикр беради",
    ),
    "doctor-sound": Text("sound", "исправно", "soz", "соз"),
    "doctor-plain-key": Text(
        "a private key that is not encrypted: encrypt it or remove it",
        "закрытый ключ не зашифрован: зашифруйте или удалите его",
        "yopiq kalit shifrlanmagan: uni shifrlang yoki o'chiring",
        "ёпиқ калит шифрланмаган: уни шифрланг ёки ўчиринг",
    ),
    "doctor-open-key": Text(
        "others may read this key (mode {mode}): chmod 600",
        "этот ключ доступен другим (режим {mode}): chmod 600",
        "bu kalitni boshqalar o'qiy oladi (rejim {mode}): chmod 600",
        "бу калитни бошқалар ўқий олади (режим {mode}): chmod 600",
    ),
    "doctor-closed-key": Text("encrypted", "зашифрован", "shifrlangan", "шифрланган"),
    "doctor-officers": Text(
        "keys of officers lie beside their passphrases: hand the folders over and remove them here",
        "ключи должностных лиц лежат рядом с паролями: передайте папки и удалите их здесь",
        "mansabdor shaxslar kalitlari parollari yonida turibdi: papkalarni topshiring va bu yerdan o'chiring",
        "мансабдор шахслар калитлари пароллари ёнида турибди: папкаларни топширинг ва бу ердан ўчиринг",
    ),
    "doctor-until": Text(
        "good until {at}", "действует до {at}", "{at} gacha amal qiladi", "{at} гача амал қилади"
    ),
    "doctor-expired": Text(
        "ran out at {at}", "срок истёк {at}", "muddati {at} da tugagan", "муддати {at} да тугаган"
    ),
    "doctor-no-crl": Text(
        "no list of revoked certificates is named, so nothing can be confirmed",
        "список отозванных сертификатов не указан, подтвердить ничего нельзя",
        "bekor qilingan sertifikatlar ro'yxati ko'rsatilmagan, hech narsani tasdiqlab bo'lmaydi",
        "бекор қилинган сертификатлар рўйхати кўрсатилмаган, ҳеч нарсани тасдиқлаб бўлмайди",
    ),
    "doctor-no-file": Text("not there", "файла нет", "fayl yo'q", "файл йўқ"),
    "mailbox-not-known": Text(
        "no agency that is known here has the mailbox {mailbox}",
        "ни у одного известного здесь ведомства нет ящика {mailbox}",
        "bu yerda ma'lum idoralarning birortasida {mailbox} pochta qutisi yo'q",
        "бу ерда маълум идораларнинг бирортасида {mailbox} почта қутиси йўқ",
    ),
}
