from dataclasses import replace

from mdm_pipeline.standardize import registry


def test_the_fingerprint_changes_with_a_version(monkeypatch):
    before = registry.fingerprint()
    newer = replace(registry.STANDARDIZERS["phones"], version=registry.STANDARDIZERS["phones"].version + 1)
    monkeypatch.setitem(registry.STANDARDIZERS, "phones", newer)
    assert registry.fingerprint() != before


def test_the_fingerprint_is_stable():
    assert registry.fingerprint() == registry.fingerprint()
