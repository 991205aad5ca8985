"""Messages of `exat_cli.ca_serve`."""

from typing import Final

from esign.language.words import Text

MESSAGES: Final[dict[str, Text]] = {
    "services-listen": Text(
        "the services of {folder} answer at {url}",
        "службы {folder} отвечают по адресу {url}",
        "{folder} xizmatlari {url} manzilida javob beradi",
        "{folder} хизматлари {url} манзилида жавоб беради",
    ),
    "services-stopped": Text(
        "the services have stopped", "службы остановлены", "xizmatlar to'xtadi", "хизматлар тўхтади"
    ),
    "address-taken": Text(
        "nothing can listen at {address}: {reason}",
        "принимать запросы по адресу {address} нельзя: {reason}",
        "{address} manzilida so'rov qabul qilib bo'lmaydi: {reason}",
        "{address} манзилида сўров қабул қилиб бўлмайди: {reason}",
    ),
}
