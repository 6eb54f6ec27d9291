import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mdm_pipeline.standardize.emails import standardize_emails
from mdm_pipeline_tests.standardize.frames import series

BY_HAND = [
    ("Bob.Smith+x@Gmail.com", ["bob.smith+x@gmail.com"], ["bobsmith@gmail.com"]),
    ("bob@googlemail.com", ["bob@googlemail.com"], ["bob@gmail.com"]),
    ("mailto:<Li.Wei@QQ.com>", ["li.wei@qq.com"], ["li.wei@qq.com"]),
    ("li＠acme.cn", ["li@acme.cn"], ["li@acme.cn"]),
    ("li @ acme.cn", ["li@acme.cn"], ["li@acme.cn"]),
    ("bob@acme.com.", ["bob@acme.com"], ["bob@acme.com"]),
    ("Bob <bob@acme.com>; jane@acme.com", ["bob@acme.com", "jane@acme.com"], None),
    ("bob@acme.com/jane@acme.com", ["bob@acme.com", "jane@acme.com"], None),
    ("邮箱：li@163.com", ["li@163.com"], ["li@163.com"]),
    ("bob@acme.con", [None], [None]),
    ("bob@acme", [None], [None]),
    ("bob..x@acme.com", [None], [None]),
    ("nothing", [None], [None]),
    ("a@b@c.com", [None], None),
    ("üser@exämple.de", ["üser@exämple.de"], None),
    (None, [], []),
    (" ", [], []),
]


@pytest.mark.parametrize(("raw", "emails", "keys"), BY_HAND)
def test_addresses_by_hand(raw, emails, keys):
    found = standardize_emails(series([raw]))
    assert found["email"].to_list() == emails
    if keys is not None:
        assert found["email_key"].to_list() == keys


FLAGS = [
    ("info@acme.com", {"is_role"}),
    ("sales@acme.com", {"is_role"}),
    ("bob@mailinator.com", {"is_disposable"}),
    ("test@test.com", {"is_placeholder"}),
    ("na@na.com", {"is_placeholder"}),
    ("none@acme.com", {"is_placeholder"}),
    ("bob@qq.com", {"is_public_domain"}),
    ("bob@163.com", {"is_public_domain"}),
    ("bob@acme.com", set()),
]


@pytest.mark.parametrize(("raw", "flags"), FLAGS)
def test_flags(raw, flags):
    row = standardize_emails(series([raw])).row(0, named=True)
    assert {name for name, value in row.items() if name.startswith("is_") and value} == flags | {"is_valid"}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(st.none(), st.text(), st.emails()), max_size=8))
def test_rubbish_never_raises_and_rows_keep_their_order(values):
    found = standardize_emails(series(values))
    assert found["row"].is_sorted()
    assert set(found["row"].to_list()) <= set(range(len(values)))
