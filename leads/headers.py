"""What the owners of lists call things, in eight languages; pure.

English, Norwegian, Swedish, Danish, Polish, Turkish, German and Chinese, whatever the case,
spacing and diacritics. A header means something only as a whole: "phone type" is no phone.
"""

from collections.abc import Iterator
from functools import cache
from itertools import product

from leads.names import fold

_WORDS = {
    "external_id": (
        "external id, customer id, customer number, customer no, client id, account id, "
        "account number, account no, member id, member number, reference, ref, "
        "kundenr, kundenummer, kunde id, medlemsnr, medlemsnummer, "
        "kundnr, kundnummer, kund id, "
        "numer klienta, nr klienta, id klienta, "
        "müşteri no, müşteri numarası, müşteri id, üye no, "
        "kundennummer, kundennr, kunden id, "
        "客戶編號, 會員編號, 編號, 客户编号, 会员编号, 编号, id"
    ),
    "name": (
        "name, full name, customer name, contact name, contact, "
        "navn, fullt navn, kundenavn, namn, fullständigt namn, kundnamn, "
        "imię i nazwisko, nazwisko i imię, ad soyad, adı soyadı, isim, isim soyisim, "
        "vollständiger name, kundenname, "
        "姓名, 客戶姓名, 聯絡人, 名字, 客户姓名, 联系人"
    ),
    "first_name": "first name, given name, forename, fornavn, förnamn, imię, ad, adı, vorname, 名",
    "last_name": (
        "last name, surname, family name, etternavn, efternavn, efternamn, nazwisko, "
        "soyad, soyadı, soyisim, nachname, familienname, 姓"
    ),
    "language": "language, lang, språk, sprog, język, dil, sprache, 語言, 语言",
    "zone": (
        "timezone, time zone, iana zone, iana time zone, tz, tidssone, tidszon, tidszone, "
        "strefa czasowa, saat dilimi, zaman dilimi, zeitzone, 時區, 时区"
    ),
    "country": "country, country name, country iso, iso country, land, kraj, ülke, 國家, 国家",
    "subdivision": (
        "subdivision, state code, us state, state province, state or province, bundesland, "
        "fylke, województwo, 省份"
    ),
}
"""Of several words of a line that are there, the first one counts."""

_BY_NAME = (
    "consent_kind",
    "consent_wording",
    "consent_source",
    "consent_at",
    "consent_proof",
    "consent_expires",
)
"""What is recognised by exactly this name: nobody's consent is guessed at."""

TARGETS = ("phone", *_WORDS, *_BY_NAME)
"""What a column may be mapped to."""

_PHONES = (
    "phone, phone number, phone no, telephone, telephone number, telephone no, tel, tel no, "
    "telefon, telefonnummer, telefonnr, tlf, tlf nr, tlf nummer, telnr, tel nummer, "
    "numer telefonu, nr telefonu, nr tel, "
    "telefonu, telefon numarası, telefon no, tel numarası, "
    "rufnummer, 電話, 電話號碼, 电话, 电话号码"
)
"""Words for a telephone, which the words below may stand before or after."""

_MOBILE, _PLAIN, _FIXED, _WORK, _OTHER = range(5)

_WHICH = {
    _MOBILE: (
        "mobile, cell, cellular, mobil, mob, handy, mobilfunk, komórkowy, komórkowego, komórka, "
        "kom, cep, gsm, 手機, 手机, 行動, 移动"
    ),
    _PLAIN: "main, primary, contact, customer, kontakt, kunde, kund, klienta, müşteri, 聯絡, 联系",
    _FIXED: (
        "home, private, landline, fixed, hjem, hjemme, privat, fast, fastnet, fastnett, hem, "
        "bostad, bostads, stacjonarny, stacjonarnego, domowy, domowego, prywatny, prywatnego, "
        "ev, sabit, festnetz, zuhause, 家用, 住家, 住宅, 家庭, 家裡, 市內, 固定"
    ),
    _WORK: (
        "work, office, business, company, direct, daytime, arbeid, arbeids, jobb, kontor, firma, "
        "arbete, arbets, arbejde, arbejds, job, służbowy, służbowego, firmowy, firmowego, "
        "praca, iş, ofis, işyeri, geschäft, geschäftlich, arbeit, büro, dienst, dienstlich, "
        "公司, 辦公, 辦公室, 工作, 办公, 办公室"
    ),
    _OTHER: (
        "alternative, alternate, alt, other, second, secondary, additional, backup, "
        "alternativ, alternativt, annen, ekstra, anden, annan, extra, "
        "dodatkowy, dodatkowego, alternatywny, alternatywnego, inny, drugi, "
        "alternatif, diğer, ikinci, yedek, weitere, zweit, zusatz, "
        "備用, 其他, 第二, 备用"
    ),
}
"""Words that say which telephone, in the order in which they are dialled."""

_ALONE = {
    _MOBILE: (
        "mobile, mobile number, mobile no, cell, cell number, msisdn, mobil, mobilnummer, mobilnr, "
        "komórka, numer komórkowy, nr komórkowy, nr kom, cep, cep no, cep numarası, "
        "gsm, gsm no, gsm numarası, handy, handynummer, handynr, "
        "手機, 手機號碼, 手机, 手机号, 手机号码"
    ),
    _PLAIN: "contact number, number to call, kontaktnummer, 聯絡電話, 联系电话",
    _FIXED: (
        "landline, landline number, fastnett, fastnet, fastnettnummer, fastnetnummer, hemnummer, "
        "numer stacjonarny, festnetz, festnetznummer, 市話, 固話, 固话, 座机"
    ),
    _WORK: "numer służbowy, dienstnummer",
    _OTHER: (
        "alternative number, alternate number, alt number, other number, second number, "
        "secondary number, additional number, backup number, "
        "alternativt nummer, annet nummer, ekstra nummer, andet nummer, annat nummer, "
        "extra nummer, numer alternatywny, numer dodatkowy, inny numer, drugi numer, "
        "alternatif numara, diğer numara, ikinci numara, yedek numara, "
        "alternativnummer, alternative nummer, zweitnummer, zusatznummer, weitere nummer, "
        "備用號碼, 其他號碼, 备用号码, 其他号码"
    ),
}
"""What says it all without a word for a telephone."""

_DIGITS = "0123456789"


def key(header: str) -> str:
    """Return what two spellings of one header have in common."""
    return fold(header).replace(" ", "")


def words(target: str) -> tuple[str, ...]:
    """Return the keys of the headers that mean a target other than the phone."""
    return _keys(_WORDS.get(target, ""))


def named(header: str) -> str | None:
    """Return the target that a header names exactly, of those that are never guessed."""
    name = header.strip().lower()
    return name if name in _BY_NAME else None


def phone_rank(header: str) -> tuple[int, int] | None:
    """Return when a telephone of that name is dialled, the lowest first, None for no telephone.

    Mobile comes before fixed, fixed before work; "phone 2" after "phone".
    """
    whole = key(header)
    word = whole.rstrip(_DIGITS) or whole
    number = whole[len(word) :]
    rank = _phone_words().get(word)
    if rank is None or len(number) > 1:
        return None
    return rank, int(number or 0)


@cache
def _keys(listed: str) -> tuple[str, ...]:
    return tuple(key(word) for word in listed.split(",") if word)


@cache
def _phone_words() -> dict[str, int]:
    known = dict(_composed())
    for rank, alone in _ALONE.items():
        known |= dict.fromkeys(_keys(alone), rank)
    return known


def _composed() -> Iterator[tuple[str, int]]:
    phones = _keys(_PHONES)
    for rank, which in _WHICH.items():
        for one, phone in product(_keys(which), phones):
            yield one + phone, rank
            yield phone + one, rank
    yield from ((phone, _PLAIN) for phone in phones)
