"""Messages of the room `mail`: opening a letter in its mailbox."""

from typing import Final

from esign.language.words import Text

MESSAGES: Final[dict[str, Text]] = {
    "inner-signature-missing": Text(
        "nobody signed the content of this letter; do not act on it, ask {mailbox} to sign and send it again",
        "содержание письма никем не подписано; не исполняйте его, попросите {mailbox} подписать и "
        "отправить снова",
        "xat mazmunini hech kim imzolamagan; uni ijro etmang, {mailbox} dan imzolab, qayta yuborishni "
        "so'rang",
        "хат мазмунини ҳеч ким имзоламаган; уни ижро этманг, {mailbox} дан имзолаб, қайта юборишни сўранг",
    ),
    "inner-signer-not-authorised": Text(
        "{signer}, who signed the content, may not sign for {mailbox}; do not act on the letter, call "
        "the sender",
        "{signer}, подписавший содержание, не имеет права подписи за {mailbox}; не исполняйте письмо, "
        "позвоните отправителю",
        "mazmunni imzolagan {signer} {mailbox} nomidan imzolash huquqiga ega emas; xatni ijro etmang, "
        "jo'natuvchiga qo'ng'iroq qiling",
        "мазмунни имзолаган {signer} {mailbox} номидан имзолаш ҳуқуқига эга эмас; хатни ижро этманг, "
        "жўнатувчига қўнғироқ қилинг",
    ),
    "sender-unknown": Text(
        "the sender {mailbox} is not in the directory; do not act on the letter before the administrator "
        "has checked",
        "отправителя {mailbox} нет в справочнике; не исполняйте письмо до проверки администратором",
        "jo'natuvchi {mailbox} ma'lumotnomada yo'q; administrator tekshirmaguncha xatni ijro etmang",
        "жўнатувчи {mailbox} маълумотномада йўқ; администратор текширмагунча хатни ижро этманг",
    ),
    "not-addressed-to-mailbox": Text(
        "{mailbox} does not stand among the recipients that the sender signed; the letter may have been "
        "written "
        "to others and passed on",
        "{mailbox} нет среди получателей, подписанных отправителем; письмо могло быть написано другим "
        "и переслано",
        "{mailbox} jo'natuvchi imzolagan qabul qiluvchilar orasida yo'q; xat boshqalarga yozilib, so'ng "
        "uzatilgan bo'lishi mumkin",
        "{mailbox} жўнатувчи имзолаган қабул қилувчилар орасида йўқ; хат бошқаларга ёзилиб, сўнг "
        "узатилган бўлиши мумкин",
    ),
    "wrapped-key-unusable": Text(
        "the wrapped mailbox key of {mailbox} is not a key that fits its certificate; ask the administrator",
        "завёрнутый ключ ящика {mailbox} не подходит к его сертификату; обратитесь к администратору",
        "{mailbox} pochta qutisining o'ralgan kaliti uning sertifikatiga mos emas; administratorga "
        "murojaat qiling",
        "{mailbox} почта қутисининг ўралган калити унинг сертификатига мос эмас; администраторга "
        "мурожаат қилинг",
    ),
}
