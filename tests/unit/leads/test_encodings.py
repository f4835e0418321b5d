"""Which encoding a file is in, told from its bytes."""

import codecs

import pytest

from leads.encodings import guess_encoding

TEXTS = {
    "cp1252": "Kundenr;Navn\n1;Øystein Sætre\n2;Åse Bjørnstad\n",
    "cp1250": "Nr;Imię i nazwisko\n1;Małgorzata Wójcik\n2;Żaneta Gąsior\n",
    "cp1254": "No;Ad Soyad\n1;Işıl Doğan\n2;Şule Güneş\n3;İbrahim Çağ\n",
    "cp950": "編號,姓名,城市\n1,陳怡君,台北\n2,張家瑋,高雄\n",
    "gb18030": "编号,姓名,城市\n1,张伟,北京\n2,王芳,上海\n",
}


HOMES = {"cp1252": "NO", "cp1250": "PL", "cp1254": "TR", "cp950": "TW", "gb18030": "CN"}


@pytest.mark.parametrize("encoding", TEXTS)
def test_each_language_is_read_in_its_own_encoding(encoding: str) -> None:
    head = TEXTS[encoding].encode(encoding)
    assert guess_encoding(head, whole=True, region=HOMES[encoding]) == encoding
    assert guess_encoding(head, whole=True, region=None) == encoding


@pytest.mark.parametrize("encoding", ["cp1250", "cp1254", "cp950", "gb18030"])
def test_a_list_from_abroad_is_read_in_its_own_encoding(encoding: str) -> None:
    assert guess_encoding(TEXTS[encoding].encode(encoding), whole=True, region="NO") == encoding


@pytest.mark.parametrize("text", TEXTS.values())
def test_utf_8_is_recognised_even_when_a_letter_is_cut_in_two(text: str) -> None:
    head = text.encode()
    for end in range(1, len(head)):
        assert guess_encoding(head[:end], whole=False, region=None) == "utf-8"


def test_one_bad_byte_does_not_make_utf_8_another_encoding() -> None:
    head = (TEXTS["cp1252"] * 20).encode() + b"\xff\n"
    assert guess_encoding(head, whole=True, region="NO") == "utf-8"


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
        (codecs.BOM_UTF32_LE, "utf-32"),
    ],
)
def test_a_byte_order_mark_decides(mark: bytes, encoding: str) -> None:
    assert guess_encoding(mark + b"a\0", whole=True, region=None) == encoding


def test_a_region_decides_where_the_bytes_do_not() -> None:
    head = "1;Jürgen Köhler\n".encode("cp1252")
    assert guess_encoding(head, whole=True, region="TR") == "cp1254"
    assert guess_encoding(head, whole=True, region="DE") == "cp1252"
    assert guess_encoding(head, whole=True, region="HU") == "cp1250"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_needs_no_mark(encoding: str) -> None:
    for text in (TEXTS["cp1252"], TEXTS["cp1250"], TEXTS["cp1254"]):
        assert guess_encoding(text.encode(encoding), whole=True, region=None) == encoding


@pytest.mark.parametrize("head", [b"", b"\0", b"a\0b;c\n1;2\n", bytes(1000), b"a;b\n" + bytes(50)])
def test_zeros_alone_are_no_utf_16(head: bytes) -> None:
    assert guess_encoding(head, whole=True, region=None) == "utf-8"
