from qgan.report.bibliography import COMPARISON, METHODS, ON_TOP, entries_for, library


def test_every_method_has_its_entries() -> None:
    known = library()
    cited = {key for keys in (*METHODS.values(), *ON_TOP.values()) for key in keys}
    assert cited <= set(known)
    assert all(entry.count("{") == entry.count("}") for entry in known.values())
    assert all("title = {" in entry and "year = {" in entry and "author = {" in entry for entry in known.values())


def test_what_configurations_name_is_cited_with_what_it_is_for() -> None:
    document = {"loss": {"name": "hinge"}, "train": {"ema": 0.9, "conditional": False}, "evaluate": {"metrics": ["kl"]}}
    found = {each["key"]: each["for"] for each in entries_for([document], also=["comparison"])}
    assert found["lim2017geometric"] == "hinge"
    assert found["yazici2019unusual"] == "ema"
    assert found["kullback1951information"] == "kl"
    assert set(COMPARISON) <= set(found)
    assert "mirza2014conditional" not in found
    assert not {"akiba2019optuna", "mitarai2018quantum"} & set(found)
    document = {"backend": {"gradient": "parameter-shift"}}
    found = {each["key"]: each["for"] for each in entries_for([document], also=["tuning"])}
    assert found["bergstra2011algorithms"] == "tuning"
    assert found["schuld2019evaluating"] == "parameter-shift"
    assert "schuld2019evaluating" in {each["key"] for each in entries_for([], also=["hardware"])}
