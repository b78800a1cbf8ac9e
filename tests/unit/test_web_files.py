"""The name under which a browser keeps a file."""

from core.web.files import as_attachment


def test_a_chinese_name_fits_into_a_header_and_a_quote_does_not_end_it():
    assert as_attachment("坏行.csv") == "attachment; filename=\"__.csv\"; filename*=UTF-8''%E5%9D%8F%E8%A1%8C.csv"
    assert as_attachment('a"b.csv') == "attachment; filename=\"a_b.csv\"; filename*=UTF-8''a%22b.csv"
