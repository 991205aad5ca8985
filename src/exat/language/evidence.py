"""Messages of the room `evidence`: records, their chain and their reports."""

from typing import Final

from esign.language.words import Text

MESSAGES: Final[dict[str, Text]] = {
    "evidence-malformed": Text(
        "the evidence cannot be read: {found}",
        "свидетельство не читается: {found}",
        "dalolatnoma o'qilmadi: {found}",
        "далолатнома ўқилмади: {found}",
    ),
    "evidence-report-malformed": Text(
        "the report of evidence cannot be read: {found}",
        "отчёт со свидетельствами не читается: {found}",
        "dalolatnomalar hisoboti o'qilmadi: {found}",
        "далолатномалар ҳисоботи ўқилмади: {found}",
    ),
    "evidence-untrusted": Text(
        "the evidence {identifier} is not validly sealed: {found}; do not rely on it",
        "свидетельство {identifier} не заверено действительной печатью: {found}; полагаться на него нельзя",
        "{identifier} dalolatnomasi haqiqiy muhr bilan tasdiqlanmagan: {found}; unga tayanib bo'lmaydi",
        "{identifier} далолатномаси ҳақиқий муҳр билан тасдиқланмаган: {found}; унга таяниб бўлмайди",
    ),
    "evidence-issuer-mismatch": Text(
        "the evidence names {issuer} as its issuer, but {found} handed it over",
        "в свидетельстве издателем указан {issuer}, а передал его {found}",
        "dalolatnomada chiqaruvchi sifatida {issuer} ko'rsatilgan, uni esa {found} taqdim etgan",
        "далолатномада чиқарувчи сифатида {issuer} кўрсатилган, уни эса {found} тақдим этган",
    ),
    "evidence-from-future": Text(
        "the evidence speaks of {found}, which has not come yet; check the clocks of both nodes",
        "свидетельство говорит о времени {found}, которое ещё не наступило; проверьте часы обоих узлов",
        "dalolatnomada hali kelmagan vaqt ko'rsatilgan: {found}; ikkala tugun soatini tekshiring",
        "далолатномада ҳали келмаган вақт кўрсатилган: {found}; иккала тугун соатини текширинг",
    ),
    "evidence-hash-mismatch": Text(
        "record {sequence} is not what was sealed: its hash is {found}",
        "запись {sequence} отличается от заверенной: её хеш {found}",
        "{sequence}-yozuv muhrlangan holatidan farq qiladi: uning xeshi {found}",
        "{sequence}-ёзув муҳрланган ҳолатидан фарқ қилади: унинг хеши {found}",
    ),
    "evidence-field-mismatch": Text(
        "record {sequence} says another {field} outside its seal than inside it",
        "в записи {sequence} поле {field} вне печати не совпадает с заверенным",
        "{sequence}-yozuvda {field} maydonining muhrdan tashqaridagi qiymati ichidagisi bilan mos emas",
        "{sequence}-ёзувда {field} майдонининг муҳрдан ташқаридаги қиймати ичидагиси билан мос эмас",
    ),
    "evidence-chain-broken": Text(
        "record {sequence} does not follow the record before it: the chain was changed",
        "запись {sequence} не продолжает предыдущую: цепочка изменена",
        "{sequence}-yozuv o'zidan oldingisining davomi emas: zanjir o'zgartirilgan",
        "{sequence}-ёзув ўзидан олдингисининг давоми эмас: занжир ўзгартирилган",
    ),
    "evidence-sequence-gap": Text(
        "record {found} stands where record {wanted} was expected: records are missing or doubled",
        "вместо записи {wanted} стоит запись {found}: записи пропущены или повторены",
        "{wanted}-yozuv o'rnida {found}-yozuv turibdi: yozuvlar tushib qolgan yoki takrorlangan",
        "{wanted}-ёзув ўрнида {found}-ёзув турибди: ёзувлар тушиб қолган ёки такрорланган",
    ),
    "evidence-reason-missing": Text(
        "record {sequence} attests {event} without a reason",
        "запись {sequence} свидетельствует о событии {event} без указания причины",
        "{sequence}-yozuv {event} hodisasini sababini ko'rsatmasdan qayd etgan",
        "{sequence}-ёзув {event} ҳодисасини сабабини кўрсатмасдан қайд этган",
    ),
    "evidence-time-order": Text(
        "record {sequence} attests an event of {found}, before that of the record before it, {known}",
        "запись {sequence} свидетельствует о событии {found}, более раннем, чем в предыдущей записи, {known}",
        "{sequence}-yozuv oldingi yozuvdagidan ({known}) avvalroq bo'lgan hodisani qayd etgan: {found}",
        "{sequence}-ёзув олдинги ёзувдагидан ({known}) аввалроқ бўлган ҳодисани қайд этган: {found}",
    ),
    "evidence-superseded": Text(
        "record {sequence} attests {event} for {recipient} after another final outcome; the first one stands",
        "запись {sequence} свидетельствует о событии {event} для {recipient} после другого окончательного "
        "исхода; действует первый",
        "{sequence}-yozuv {recipient} uchun boshqa yakuniy natijadan keyin {event} hodisasini qayd etgan; "
        "birinchisi amalda",
        "{sequence}-ёзув {recipient} учун бошқа якуний натижадан кейин {event} ҳодисасини қайд этган; "
        "биринчиси амалда",
    ),
    "event-submission-acceptance": Text(
        "the letter was accepted for sending",
        "письмо принято к отправке",
        "xat jo'natish uchun qabul qilindi",
        "хат жўнатиш учун қабул қилинди",
    ),
    "event-submission-rejection": Text(
        "the letter was not accepted for sending",
        "письмо не принято к отправке",
        "xat jo'natish uchun qabul qilinmadi",
        "хат жўнатиш учун қабул қилинмади",
    ),
    "event-relay-acceptance": Text(
        "the recipient's agency took the letter over",
        "организация получателя приняла письмо",
        "qabul qiluvchi tashkilot xatni qabul qilib oldi",
        "қабул қилувчи ташкилот хатни қабул қилиб олди",
    ),
    "event-relay-rejection": Text(
        "the recipient's agency refused the letter",
        "организация получателя отклонила письмо",
        "qabul qiluvchi tashkilot xatni rad etdi",
        "қабул қилувчи ташкилот хатни рад этди",
    ),
    "event-relay-failure": Text(
        "the letter could not be handed to the recipient's agency",
        "письмо не удалось передать организации получателя",
        "xatni qabul qiluvchi tashkilotga topshirib bo'lmadi",
        "хатни қабул қилувчи ташкилотга топшириб бўлмади",
    ),
    "event-content-consignment": Text(
        "the letter lies in the recipient's mailbox",
        "письмо помещено в ящик получателя",
        "xat qabul qiluvchining pochta qutisiga qo'yildi",
        "хат қабул қилувчининг почта қутисига қўйилди",
    ),
    "event-content-consignment-failure": Text(
        "the letter could not be put into the recipient's mailbox",
        "письмо не удалось поместить в ящик получателя",
        "xatni qabul qiluvchining pochta qutisiga qo'yib bo'lmadi",
        "хатни қабул қилувчининг почта қутисига қўйиб бўлмади",
    ),
    "event-content-handover": Text(
        "the recipient opened the letter",
        "получатель открыл письмо",
        "qabul qiluvchi xatni ochdi",
        "қабул қилувчи хатни очди",
    ),
    "event-content-handover-failure": Text(
        "the recipient did not open the letter in time",
        "получатель не открыл письмо в срок",
        "qabul qiluvchi xatni muddatida ochmadi",
        "қабул қилувчи хатни муддатида очмади",
    ),
}
