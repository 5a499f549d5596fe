#!/usr/bin/env python3
"""Says which values oslo.config's own types take: `fixtures/options/values.tsv`.

One a line: the type, as an option schema has it, the value, and whether it is taken.
"""

import json
import warnings

warnings.simplefilter("ignore")

from oslo_config import types  # noqa: E402

from option_schemas import type_of  # noqa: E402

WORDS = ["", "a", "A", "b", "abc", " a", '"a"', '"a', "'a'", "a b", "ä"]
NUMBERS = ["", " ", "0", "1", "-1", "+1", "01", "1_000", "_1", "1_", "1__0", "0x10", "1.0", "1e3", "one", "1 2", "10", "-0"]
NUMBERS += ["65535", "65536", "99999999999999999999", "--1", "1.5", ".5", "5.", "inf", "-Infinity", "nan", "1_0.5", "1._5", "."]
LISTS = ["", "a", "a,b", "a, b", "a,", ",a", "a,,b", "a,b,,", "[a,b]", "[]", "[a", "a]", "1,2", "1,b", '"a,b",c', '"a,b', "1,", ","]
PAIRS = ["", "a", "a:b", "a:b,c:d", "a:b,c", "a:b,a:c", ":b", "a:", "a:1", "a:1,b:c", "a=b", "{a:b}", "a : b , c : d", "a:b:c", "a:b,", "a:1,2"]
ADDRESSES = ["", "127.0.0.1", "127.1", "1.2.3", "1.2.3.256", "01.2.3.4", "::", "::1", "fe80::1%eth0", "::ffff:1.2.3.4", "1:2", "[::1]", "localhost"]
ADDRESSES += ["a.b.c", "a.b.c.", "a..b", "-a", "a-", "a_b", "a.1", "1.a", "1", "a b", "x" * 63, "x" * 64, "A.B", "a.b_c.d", "*", "host:80", "-", "a.-"]
RANGES = ["", "1", "0", "1-2", "2-1", "-1", "-1-2", "-2--1", "0-5", "01", "1-02", "1-", "-", "a", "1 - 2", "1-2-3", "5-50", "+1", "1_0"]
URIS = ["", "http://a", "http://a/", "http://a:80/b?c=d#e", "https://u:p@a", "a", "/a", "http:/a", "http://", "http:///a", "://a", "1http://a"]
URIS += ["http://[::1]:80/", "http://[::1", "http://a b", "http://a/b c", "http://a/%zz", "http://a/%20", "ftp://a", "unix:/a", "a:b", "HTTP://A"]
URIS += ["http://a:b", "qemu+ssh://a/system", "http://a_b", "http://a<b", "http://a/{b}", "http://a:", "mysql+pymysql://u:p@h/db?charset=utf8"]
URIS += ["http://1.2.3.256/", "http://a/" + "b" * 20]

TABLE = [
    (types.String(), WORDS),
    (types.String(choices=["a", "abc"]), WORDS),
    (types.String(choices=["a", "", None]), WORDS),
    (types.String(choices=["a"], ignore_case=True), WORDS),
    (types.String(regex="^a"), WORDS),
    (types.String(regex="B", ignore_case=True), WORDS),
    (types.String(regex=r"^(?!a)"), WORDS),
    (types.String(max_length=2), WORDS),
    (types.String(quotes=True, choices=["a"]), WORDS),
    (types.Boolean(), ["", "true", "True", "TRUE", "yes", "on", "1", "false", "no", "Off", "0", "y", "t", "2", " true", "none", "truе"]),
    (types.Integer(), NUMBERS),
    (types.Integer(min=0, max=10), NUMBERS),
    (types.Integer(choices=[0, 10]), NUMBERS),
    (types.Port(), NUMBERS),
    (types.Port(min=1), NUMBERS),
    (types.Float(), NUMBERS),
    (types.Float(min=0.5, max=10), NUMBERS),
    (types.List(), LISTS),
    (types.List(bounds=True), LISTS),
    (types.List(types.Integer()), LISTS),
    (types.List(types.String(quotes=True)), LISTS),
    (types.List(types.String(choices=["a", "b"]), min_length=2), LISTS),
    (types.Dict(), PAIRS),
    (types.Dict(types.Integer()), PAIRS),
    (types.Dict(bounds=True), PAIRS),
    (types.Dict(key_value_separator="="), PAIRS),
    (types.Dict(types.List(), min_length=1), PAIRS),
    (types.IPAddress(), ADDRESSES),
    (types.IPAddress(4), ADDRESSES),
    (types.IPAddress(6), ADDRESSES),
    (types.Hostname(), ADDRESSES),
    (types.HostAddress(), ADDRESSES),
    (types.HostAddress(4), ADDRESSES),
    (types.HostDomain(), ADDRESSES),
    (types.Range(), RANGES),
    (types.Range(min=0, max=10), RANGES),
    (types.URI(), URIS),
    (types.URI(schemes=["http", "https"]), URIS),
    (types.URI(max_length=20), URIS),
    (types.MultiString(), WORDS),
]


def is_taken(kind, value):
    try:
        kind(value)
    # oslo.config gives two arguments to an error where one was meant.
    except (ValueError, TypeError):
        return False
    return True


for kind, values in TABLE:
    for value in values:
        print(json.dumps(type_of(kind), sort_keys=True), json.dumps(value), json.dumps(is_taken(kind, value)), sep="\t")
