"""The table of generators: what executes an instruction; listing them imports nothing heavy."""

from __future__ import annotations

from bench.listing import Entry

_AT = "bench.generators.presets:"

GENERATORS: dict[str, Entry] = {
    "cogvideox": Entry(f"{_AT}CogVideoX", "CogVideoX 2B: 49 frames of 720x480; needs a GPU.", "render"),
    "diffusers-image": Entry(f"{_AT}DiffusersImage", "Any text-to-picture pipeline of diffusers, by folder.", "render"),
    "diffusers-video": Entry(f"{_AT}DiffusersVideo", "Any text-to-clip pipeline of diffusers, by folder.", "render"),
    "ltx-video": Entry(f"{_AT}LTXVideo", "LTX-Video 2B: 161 frames of 704x480; needs a GPU.", "render"),
    "open-sora-like": Entry(
        f"{_AT}OpenSoraLike", "Wan 2.1 with the paper's Open-Sora settings; diffusers has no Open-Sora.", "render"
    ),
    "sd-1.5": Entry(f"{_AT}SD15", "Stable Diffusion 1.5 at 512x512, 50 steps.", "render"),
    "sdxl-turbo": Entry(f"{_AT}SDXLTurbo", "SDXL Turbo at 512x512, 1 step.", "render"),
    "wan": Entry(f"{_AT}Wan", "Wan 2.1 1.3B: 81 frames of 832x480; needs a GPU.", "render"),
    "world-image": Entry(f"{_AT}WorldImage", "Shipped, trained on pictures of the synthetic worlds; CPU.", "render"),
    "world-video": Entry(f"{_AT}WorldVideo", "Shipped, trained on clips of the synthetic worlds; CPU.", "render"),
    "z-image-turbo": Entry(
        f"{_AT}ZImageTurbo", "Z-Image-Turbo at 512x512 with the paper's settings; needs a GPU.", "render"
    ),
}
