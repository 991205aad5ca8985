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
}
