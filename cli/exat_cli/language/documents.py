"""Messages of the commands of `exat_cli.documents` and `exat_cli.trust`."""

from typing import Final

from esign.language.words import Text

MESSAGES: Final[dict[str, Text]] = {
    "signed": Text(
        "{file} signed by {signer}: {out}",
        "{file} подписан, подписант {signer}: {out}",
        "{file} imzolandi, imzolovchi {signer}: {out}",
        "{file} имзоланди, имзоловчи {signer}: {out}",
    ),
    "rewritten": Text(
        "written: {out}",
        "записано: {out}",
        "yozildi: {out}",
        "ёзилди: {out}",
    ),
    "stamped": Text(
        "{file} stamped with the time: {out}",
        "{file}: метка времени получена: {out}",
        "{file} uchun vaqt belgisi olindi: {out}",
        "{file} учун вақт белгиси олинди: {out}",
    ),
    "encrypted": Text(
        "{file} encrypted to {recipients}: {out}",
        "{file} зашифрован для {recipients}: {out}",
        "{file} {recipients} uchun shifrlandi: {out}",
        "{file} {recipients} учун шифрланди: {out}",
    ),
    "decrypted": Text(
        "{file} opened ({cipher}): {out}",
        "{file} расшифрован ({cipher}): {out}",
        "{file} ochildi ({cipher}): {out}",
        "{file} очилди ({cipher}): {out}",
    ),
    "fetch-not-asked": Text(
        "--allow-private says from where to fetch, and --fetch is missing",
        "--allow-private указывает, откуда получать данные, но --fetch не задан",
        "--allow-private qayerdan olishni bildiradi, lekin --fetch berilmagan",
        "--allow-private қаердан олишни билдиради, лекин --fetch берилмаган",
    ),
    "trust-added": Text(
        "trusted from now on: {subject}",
        "добавлен в доверенные: {subject}",
        "ishonchlilar qatoriga qo'shildi: {subject}",
        "ишончлилар қаторига қўшилди: {subject}",
    ),
    "trust-no-authority": Text(
        "{subject} is no authority: trust the root that certified it",
        "{subject} - не удостоверяющий центр: доверяйте корневому сертификату, под которым он выдан",
        "{subject} sertifikat markazi emas: uni bergan ildiz sertifikatiga ishoning",
        "{subject} сертификат маркази эмас: уни берган илдиз сертификатига ишонинг",
    ),
    "trust-nothing": Text(
        "no root is named or trusted, so nothing can be confirmed",
        "корневой сертификат не указан и не добавлен в доверенные, подтвердить ничего нельзя",
        "ildiz sertifikati ko'rsatilmagan va ishonchlilar qatorida yo'q, hech narsani tasdiqlab bo'lmaydi",
        "илдиз сертификати кўрсатилмаган ва ишончлилар қаторида йўқ, ҳеч нарсани тасдиқлаб бўлмайди",
    ),
    "trust-removed": Text(
        "no longer trusted: {fingerprint}",
        "больше не доверенный: {fingerprint}",
        "endi ishonchli emas: {fingerprint}",
        "энди ишончли эмас: {fingerprint}",
    ),
    "trust-empty": Text(
        "no root is trusted yet",
        "доверенных корневых сертификатов пока нет",
        "hali ishonchli ildiz sertifikatlari yo'q",
        "ҳали ишончли илдиз сертификатлари йўқ",
    ),
    "trust-unknown": Text(
        "no trusted root has the fingerprint {fingerprint}",
        "нет доверенного корневого сертификата с отпечатком {fingerprint}",
        "{fingerprint} barmoq izli ishonchli ildiz sertifikati yo'q",
        "{fingerprint} бармоқ изли ишончли илдиз сертификати йўқ",
    ),
    "trust-compare": Text(
        "compare this fingerprint of {subject} with one that you got by another way:",
        "сверьте этот отпечаток {subject} с полученным другим путём:",
        "{subject} barmoq izini boshqa yo'l bilan olingani bilan solishtiring:",
        "{subject} бармоқ изини бошқа йўл билан олингани билан солиштиринг:",
    ),
    "trust-question": Text("Is it the same?", "Совпадает?", "Bir xilmi?", "Бир хилми?"),
    "fingerprint-differs": Text(
        "the fingerprint is {found}, not {wanted}: this is not the certificate that you were told of",
        "отпечаток {found}, а не {wanted}: это не тот сертификат, о котором вам сообщили",
        "barmoq izi {found}, {wanted} emas: bu sizga aytilgan sertifikat emas",
        "бармоқ изи {found}, {wanted} эмас: бу сизга айтилган сертификат эмас",
    ),
}
