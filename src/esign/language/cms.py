"""Messages of the room `cms`: signed data, envelopes, attributes."""

from typing import Final

from esign.language.words import Text

MESSAGES: Final[dict[str, Text]] = {
    "cms-malformed": Text(
        "the CMS object cannot be read: {found}",
        "объект CMS не читается: {found}",
        "CMS obyekti o'qilmadi: {found}",
        "CMS объекти ўқилмади: {found}",
    ),
    "cms-wrong-content-type": Text(
        "the CMS object is of another type: found {found}, wanted {wanted}",
        "объект CMS другого типа: найдено {found}, требуется {wanted}",
        "CMS obyektining turi boshqa: topildi {found}, kerak {wanted}",
        "CMS объектининг тури бошқа: топилди {found}, керак {wanted}",
    ),
    "attribute-repeated": Text(
        "the attribute {oid} stands more than once",
        "атрибут {oid} указан более одного раза",
        "{oid} atributi bir martadan ortiq ko'rsatilgan",
        "{oid} атрибути бир мартадан ортиқ кўрсатилган",
    ),
    "attribute-values": Text(
        "the attribute {oid} has {found} values, wanted one",
        "у атрибута {oid} значений: {found}, требуется одно",
        "{oid} atributida qiymatlar soni: {found}, bitta bo'lishi kerak",
        "{oid} атрибутида қийматлар сони: {found}, битта бўлиши керак",
    ),
    "attribute-missing": Text(
        "the attribute {oid} is missing",
        "атрибут {oid} отсутствует",
        "{oid} atributi yo'q",
        "{oid} атрибути йўқ",
    ),
    "signed-attributes-missing": Text(
        "the signature has no signed attributes",
        "в подписи нет подписанных атрибутов",
        "imzoda imzolangan atributlar yo'q",
        "имзода имзоланган атрибутлар йўқ",
    ),
    "content-type-mismatch": Text(
        "the content type {wanted} disagrees with the attribute, which says {found}",
        "тип содержимого {wanted} не совпадает с атрибутом, где указано {found}",
        "mazmun turi {wanted} atributda ko'rsatilgan {found} turiga mos emas",
        "мазмун тури {wanted} атрибутда кўрсатилган {found} турига мос эмас",
    ),
}
