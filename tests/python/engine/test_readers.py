"""Every line of a ratings file is a row of the raw table, with what it says."""

from reelhouse.readers import read_ratings


def test_a_line_is_a_row_whatever_is_wrong_with_it(spark, tmp_path):
    wide = b"5\t1\t3\t881250949" + b"\t" * 25_000
    lines = [
        b"\xef\xbb\xbf1\t1\t5\t881250949\r",
        b"\x002\t1\t5\t881250949",
        b'3\t"1\t5',
        b"4\t1\t5\t881250949\textra",
        wide,
        b"",
        b"6\t1\t5\t881250949",
    ]
    (tmp_path / "u.data").write_bytes(b"\n".join(lines) + b"\n")
    rows = [tuple(row) for row in read_ratings(spark, tmp_path).collect()]
    assert rows == [
        ("1", "1", "5", "881250949", "u.data"),
        ("\x002", "1", "5", "881250949", "u.data"),
        ("3", '"1', "5", None, "u.data"),
        ("4", "1", "5", "881250949\textra", "u.data"),
        ("5", "1", "3", "881250949" + "\t" * 25_000, "u.data"),
        (None, None, None, None, "u.data"),
        ("6", "1", "5", "881250949", "u.data"),
    ]
