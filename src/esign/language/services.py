"""Messages of the room `services`: what somebody who runs an authority's services should know."""

from typing import Final

from esign.language.words import Text

MESSAGES: Final[dict[str, Text]] = {
    "service-signer-missing": Text(
        "nobody can sign for the service: {reason}",
        "подписывать за службу некому: {reason}",
        "xizmat nomidan imzolaydigan hech kim yo'q: {reason}",
        "хизмат номидан имзолайдиган ҳеч ким йўқ: {reason}",
    ),
    "service-signer-ends": Text(
        "the service's certificate ends at {until}, and a new one cannot be made here: {reason}",
        "сертификат службы истекает {until}, а новый здесь не создать: {reason}",
        "xizmat sertifikatining muddati {until} da tugaydi, yangisini bu yerda yaratib bo'lmaydi: {reason}",
        "хизмат сертификатининг муддати {until} да тугайди, янгисини бу ерда яратиб бўлмайди: {reason}",
    ),
    "service-list-ends": Text(
        "the list of revoked certificates ends at {until}, and there is no newer one",
        "список отозванных сертификатов действует до {until}, более нового нет",
        "bekor qilinganlar ro'yxati {until} gacha amal qiladi, yangirog'i yo'q",
        "бекор қилинганлар рўйхати {until} гача амал қилади, янгироғи йўқ",
    ),
    "service-list-ended": Text(
        "the list of revoked certificates ended at {until}: whoever asks it cannot confirm a certificate",
        "список отозванных сертификатов истёк {until}: подтвердить сертификат по нему нельзя",
        "bekor qilinganlar ro'yxatining muddati {until} da tugagan: u bilan sertifikatni tasdiqlab bo'lmaydi",
        "бекор қилинганлар рўйхатининг муддати {until} да тугаган: у билан сертификатни тасдиқлаб бўлмайди",
    ),
    "service-list-missing": Text(
        "there is no list of revoked certificates: {reason}",
        "списка отозванных сертификатов нет: {reason}",
        "bekor qilinganlar ro'yxati yo'q: {reason}",
        "бекор қилинганлар рўйхати йўқ: {reason}",
    ),
    "service-register-behind": Text(
        "the register knows {found} events, its published checkpoint {size}: it is an older copy, and is not "
        "asked",
        "в реестре {found} событий, в опубликованной контрольной точке {size}: это старая копия, ответов по "
        "ней нет",
        "reyestrda {found} ta hodisa, e'lon qilingan nazorat nuqtasida {size} ta: bu eski nusxa, u bo'yicha "
        "javob berilmaydi",
        "реестрда {found} та ҳодиса, эълон қилинган назорат нуқтасида {size} та: бу эски нусха, у бўйича "
        "жавоб берилмайди",
    ),
    "service-upkeep-failed": Text(
        "the services cannot be kept up: {reason}",
        "обслуживание служб не удалось: {reason}",
        "xizmatlarga qarab turib bo'lmadi: {reason}",
        "хизматларга қараб туриб бўлмади: {reason}",
    ),
    "service-clock-jumped": Text(
        "the clock was set by {seconds} s while the service ran: no time stamps until it is started again",
        "часы переведены на {seconds} с во время работы службы: штампов времени не будет до перезапуска",
        "xizmat ishlayotganda soat {seconds} s ga surilgan: qayta ishga tushguncha vaqt tamg'asi qo'yilmaydi",
        "хизмат ишлаётганда соат {seconds} с га сурилган: қайта ишга тушгунча вақт тамғаси қўйилмайди",
    ),
}
