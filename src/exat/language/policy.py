"""Messages of the room `policy`: why a letter is refused, deferred, or read with care."""

from typing import Final

from esign.language.words import Text

MESSAGES: Final[dict[str, Text]] = {
    "malformed-letter": Text(
        "the letter cannot be read: {found}; send it again from the mail program",
        "письмо не читается: {found}; отправьте его из почтовой программы ещё раз",
        "xat o'qilmadi: {found}; uni pochta dasturidan qayta yuboring",
        "хат ўқилмади: {found}; уни почта дастуридан қайта юборинг",
    ),
    "from-not-single": Text(
        "the letter must have exactly one sender in From, found {found}; choose one mailbox",
        "в поле From должен стоять ровно один отправитель, найдено: {found}; выберите один ящик",
        "From maydonida aynan bitta jo'natuvchi bo'lishi kerak, topildi: {found}; bitta pochta qutisini "
        "tanlang",
        "From майдонида айнан битта жўнатувчи бўлиши керак, топилди: {found}; битта почта қутисини танланг",
    ),
    "sender-not-allowed": Text(
        "the login {login} may not send for {mailbox}; choose a mailbox of your own or ask the administrator",
        "пользователь {login} не может отправлять от имени {mailbox}; выберите свой ящик или обратитесь "
        "к администратору",
        "{login} foydalanuvchisi {mailbox} nomidan xat yubora olmaydi; o'z pochta qutingizni tanlang yoki "
        "administratorga murojaat qiling",
        "{login} фойдаланувчиси {mailbox} номидан хат юбора олмайди; ўз почта қутингизни танланг ёки "
        "администраторга мурожаат қилинг",
    ),
    "reverse-path-mismatch": Text(
        "the letter is from {mailbox}, but the mail program announced {found}; correct the account's "
        "settings",
        "письмо от {mailbox}, а почтовая программа объявила {found}; исправьте настройки учётной записи",
        "xat {mailbox} nomidan, pochta dasturi esa {found} deb e'lon qilgan; hisob sozlamalarini to'g'rilang",
        "хат {mailbox} номидан, почта дастури эса {found} деб эълон қилган; ҳисоб созламаларини тўғриланг",
    ),
    "message-id-missing": Text(
        "the letter has no Message-ID; send it from a mail program that writes one",
        "у письма нет Message-ID; отправьте его из программы, которая его ставит",
        "xatda Message-ID yo'q; uni shu maydonni yozadigan dasturdan yuboring",
        "хатда Message-ID йўқ; уни шу майдонни ёзадиган дастурдан юборинг",
    ),
    "unsigned-letter": Text(
        "the letter is not signed; sign it and send it again",
        "письмо не подписано; подпишите его и отправьте снова",
        "xat imzolanmagan; uni imzolab, qayta yuboring",
        "хат имзоланмаган; уни имзолаб, қайта юборинг",
    ),
    "unencrypted-letter": Text(
        "the letter is not encrypted; encrypt it for its recipients and send it again",
        "письмо не зашифровано; зашифруйте его для получателей и отправьте снова",
        "xat shifrlanmagan; uni qabul qiluvchilar uchun shifrlab, qayta yuboring",
        "хат шифрланмаган; уни қабул қилувчилар учун шифрлаб, қайта юборинг",
    ),
    "outer-layer-added": Text(
        "the node adds the outer signature of {agency}; the letter stays inside unchanged",
        "узел добавляет внешнюю подпись организации {agency}; письмо внутри не изменяется",
        "tugun {agency} tashkilotining tashqi imzosini qo'shadi; ichidagi xat o'zgarmaydi",
        "тугун {agency} ташкилотининг ташқи имзосини қўшади; ичидаги хат ўзгармайди",
    ),
    "outer-field-unsigned": Text(
        "the field {field} does not stand under the outer signature; send the letter without an outer "
        "signature, "
        "the node adds it",
        "поле {field} не охвачено внешней подписью; отправьте письмо без внешней подписи, её добавит узел",
        "{field} maydoni tashqi imzo bilan qamrab olinmagan; xatni tashqi imzosiz yuboring, uni tugun "
        "qo'shadi",
        "{field} майдони ташқи имзо билан қамраб олинмаган; хатни ташқи имзосиз юборинг, уни тугун қўшади",
    ),
    "signature-invalid": Text(
        "the signature does not fit the letter: it was changed after signing; ask the sender to send it "
        "again",
        "подпись не соответствует письму: оно изменено после подписания; попросите отправить его ещё раз",
        "imzo xatga mos emas: xat imzolangandan keyin o'zgargan; jo'natuvchidan uni qayta yuborishni so'rang",
        "имзо хатга мос эмас: хат имзолангандан кейин ўзгарган; жўнатувчидан уни қайта юборишни сўранг",
    ),
    "signature-without-attributes": Text(
        "the signature of {signer} does not say what it was made for; sign with another mail program",
        "в подписи {signer} не указано, для чего она сделана; подпишите в другой почтовой программе",
        "{signer} imzosida u nima uchun qo'yilgani ko'rsatilmagan; boshqa pochta dasturida imzolang",
        "{signer} имзосида у нима учун қўйилгани кўрсатилмаган; бошқа почта дастурида имзоланг",
    ),
    "signer-untrusted": Text(
        "the certificate of {signer} leads to no authority of {agency}; ask the administrator for a "
        "certificate",
        "сертификат {signer} не ведёт к удостоверяющему центру организации {agency}; обратитесь "
        "к администратору за сертификатом",
        "{signer} sertifikati {agency} tashkilotining sertifikat markaziga olib bormaydi; sertifikat uchun "
        "administratorga murojaat qiling",
        "{signer} сертификати {agency} ташкилотининг сертификат марказига олиб бормайди; сертификат учун "
        "администраторга мурожаат қилинг",
    ),
    "signer-not-authorised": Text(
        "{signer} is not authorised to sign for {mailbox}; ask the administrator to enter this certificate",
        "{signer} не имеет права подписи за {mailbox}; попросите администратора внести этот сертификат",
        "{signer} {mailbox} nomidan imzolash huquqiga ega emas; administratordan ushbu sertifikatni "
        "kiritishni "
        "so'rang",
        "{signer} {mailbox} номидан имзолаш ҳуқуқига эга эмас; администратордан ушбу сертификатни киритишни "
        "сўранг",
    ),
    "from-signer-mismatch": Text(
        "the letter is from {mailbox}, but it is signed by {signer}, who signs for {own}; the sender may "
        "be forged",
        "письмо от {mailbox}, а подписал его {signer}, чей ящик {own}; отправитель может быть подделан",
        "xat {mailbox} nomidan, uni esa {own} qutisi egasi {signer} imzolagan; jo'natuvchi soxta "
        "bo'lishi mumkin",
        "хат {mailbox} номидан, уни эса {own} қутиси эгаси {signer} имзолаган; жўнатувчи сохта бўлиши мумкин",
    ),
    "signer-revoked": Text(
        "the certificate of {signer} was revoked; sign with a valid certificate",
        "сертификат {signer} отозван; подпишите действующим сертификатом",
        "{signer} sertifikati bekor qilingan; amaldagi sertifikat bilan imzolang",
        "{signer} сертификати бекор қилинган; амалдаги сертификат билан имзоланг",
    ),
    "signer-revoked-later": Text(
        "the certificate of {signer} was revoked after this letter had arrived; the signature stands",
        "сертификат {signer} отозван после поступления этого письма; подпись остаётся в силе",
        "{signer} sertifikati ushbu xat kelganidan keyin bekor qilingan; imzo o'z kuchida qoladi",
        "{signer} сертификати ушбу хат келганидан кейин бекор қилинган; имзо ўз кучида қолади",
    ),
    "signer-expired": Text(
        "the certificate of {signer} is not valid at this time; renew it with the administrator",
        "срок действия сертификата {signer} не наступил или истёк; обновите его у администратора",
        "{signer} sertifikatining amal qilish muddati boshlanmagan yoki tugagan; uni administrator "
        "orqali yangilang",
        "{signer} сертификатининг амал қилиш муддати бошланмаган ёки тугаган; уни администратор орқали "
        "янгиланг",
    ),
    "revocation-undetermined": Text(
        "whether the certificate of {signer} was revoked cannot be checked now; the letter waits, no "
        "need to act",
        "сейчас нельзя проверить, не отозван ли сертификат {signer}; письмо подождёт, ничего делать не нужно",
        "{signer} sertifikati bekor qilinganmi, hozir tekshirib bo'lmaydi; xat kutib turadi, hech narsa "
        "qilish "
        "shart emas",
        "{signer} сертификати бекор қилинганми, ҳозир текшириб бўлмайди; хат кутиб туради, ҳеч нарса қилиш "
        "шарт эмас",
    ),
    "algorithm-not-allowed": Text(
        "the algorithm {algorithm} is not allowed; choose a stronger one in the mail program",
        "алгоритм {algorithm} не допускается; выберите в почтовой программе более стойкий",
        "{algorithm} algoritmiga ruxsat yo'q; pochta dasturida kuchliroq algoritmni tanlang",
        "{algorithm} алгоритмига рухсат йўқ; почта дастурида кучлироқ алгоритмни танланг",
    ),
    "weak-key-transport": Text(
        "the letter's key is encrypted with the old scheme {algorithm}; renew the mail program when possible",
        "ключ письма зашифрован по старой схеме {algorithm}; по возможности обновите почтовую программу",
        "xat kaliti eski {algorithm} sxemasi bilan shifrlangan; imkon bo'lsa, pochta dasturini yangilang",
        "хат калити эски {algorithm} схемаси билан шифрланган; имкон бўлса, почта дастурини янгиланг",
    ),
    "unauthenticated-encryption": Text(
        "the cipher {algorithm} does not notice changes by itself; the outer signature protects the letter",
        "шифр {algorithm} сам не замечает изменений; письмо защищает внешняя подпись",
        "{algorithm} shifri o'zgarishlarni o'zi sezmaydi; xatni tashqi imzo himoya qiladi",
        "{algorithm} шифри ўзгаришларни ўзи сезмайди; хатни ташқи имзо ҳимоя қилади",
    ),
    "unknown-recipient": Text(
        "there is no mailbox {mailbox} in the directory; check the address",
        "в справочнике нет ящика {mailbox}; проверьте адрес",
        "ma'lumotnomada {mailbox} pochta qutisi yo'q; manzilni tekshiring",
        "маълумотномада {mailbox} почта қутиси йўқ; манзилни текширинг",
    ),
    "recipient-not-encrypted-to": Text(
        "the letter is not encrypted for {mailbox}, who could not read it; encrypt it for every recipient",
        "письмо не зашифровано для {mailbox} и не будет прочитано; зашифруйте его для каждого получателя",
        "xat {mailbox} uchun shifrlanmagan, u xatni o'qiy olmaydi; xatni har bir qabul qiluvchi uchun "
        "shifrlang",
        "хат {mailbox} учун шифрланмаган, у хатни ўқий олмайди; хатни ҳар бир қабул қилувчи учун шифрланг",
    ),
    "recipient-key-not-valid": Text(
        "the letter is encrypted for {mailbox} with a certificate that has ended or was revoked; refresh the "
        "directory and encrypt it again",
        "письмо зашифровано для {mailbox} по сертификату, который истёк или отозван; обновите справочник "
        "и зашифруйте снова",
        "xat {mailbox} uchun muddati tugagan yoki bekor qilingan sertifikat bilan shifrlangan; "
        "ma'lumotnomani "
        "yangilab, qayta shifrlang",
        "хат {mailbox} учун муддати тугаган ёки бекор қилинган сертификат билан шифрланган; маълумотномани "
        "янгилаб, қайта шифрланг",
    ),
    "undeclared-recipient-key": Text(
        "the letter is also encrypted for a key of {found}, who is no recipient; remove it and send again",
        "письмо зашифровано ещё и для ключа: {found}, хотя это не получатель; уберите его и отправьте снова",
        "xat qabul qiluvchi bo'lmagan kalit uchun ham shifrlangan: {found}; uni olib tashlab, qayta yuboring",
        "хат қабул қилувчи бўлмаган калит учун ҳам шифрланган: {found}; уни олиб ташлаб, қайта юборинг",
    ),
    "peer-unknown": Text(
        "the agency {domain} is not known to this node; the administrator must import its bundle",
        "организация {domain} неизвестна этому узлу; администратор должен импортировать её файл сведений",
        "{domain} tashkiloti ushbu tugunga ma'lum emas; administrator uning ma'lumotlar faylini import "
        "qilishi kerak",
        "{domain} ташкилоти ушбу тугунга маълум эмас; администратор унинг маълумотлар файлини импорт "
        "қилиши керак",
    ),
    "relay-sender-mismatch": Text(
        "the sender {mailbox} does not belong to the agency {domain} that relays the letter",
        "отправитель {mailbox} не относится к организации {domain}, которая передаёт письмо",
        "jo'natuvchi {mailbox} xatni uzatayotgan {domain} tashkilotiga tegishli emas",
        "жўнатувчи {mailbox} хатни узатаётган {domain} ташкилотига тегишли эмас",
    ),
    "relaying-denied": Text(
        "the mailbox {mailbox} belongs to another agency, which this node does not serve",
        "ящик {mailbox} относится к другой организации, которую этот узел не обслуживает",
        "{mailbox} pochta qutisi ushbu tugun xizmat ko'rsatmaydigan boshqa tashkilotga tegishli",
        "{mailbox} почта қутиси ушбу тугун хизмат кўрсатмайдиган бошқа ташкилотга тегишли",
    ),
    "duplicate-message-id": Text(
        "another letter with the Message-ID {message_id} was accepted before; write a new letter",
        "другое письмо с Message-ID {message_id} уже принято; напишите новое письмо",
        "Message-ID {message_id} bo'lgan boshqa xat avval qabul qilingan; yangi xat yozing",
        "Message-ID {message_id} бўлган бошқа хат аввал қабул қилинган; янги хат ёзинг",
    ),
    "relay-timeout": Text(
        "the agency {domain} could not be reached in {hours} hours; the letter was not delivered, send "
        "it anew",
        "с организацией {domain} не удалось связаться за {hours} часов; письмо не доставлено, отправьте "
        "его заново",
        "{domain} tashkiloti bilan {hours} soat ichida bog'lanib bo'lmadi; xat yetkazilmadi, uni "
        "yangidan yuboring",
        "{domain} ташкилоти билан {hours} соат ичида боғланиб бўлмади; хат етказилмади, уни янгидан юборинг",
    ),
    "relay-refused": Text(
        "the agency {domain} refused the letter: {found}",
        "организация {domain} отклонила письмо: {found}",
        "{domain} tashkiloti xatni rad etdi: {found}",
        "{domain} ташкилоти хатни рад этди: {found}",
    ),
}
