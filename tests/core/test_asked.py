"""Settings laid over those of a configuration."""

from bench.asked import merged, nest


def test_settings_are_laid_over_settings() -> None:
    usual = {"a": 1, "part": {"x": 1, "y": {"z": 1}}}
    told = nest({"part.y.z": 2, "b": 3, "part.w": 4})
    assert told == {"part": {"y": {"z": 2}, "w": 4}, "b": 3}
    assert merged(usual, told) == {"a": 1, "b": 3, "part": {"x": 1, "y": {"z": 2}, "w": 4}}
    assert usual == {"a": 1, "part": {"x": 1, "y": {"z": 1}}}, "nothing is changed in place"
