"""Tiny random pipelines of the classes that the presets name, with tokenizers of their own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import diffusers
import torch
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
    Qwen3Config,
    Qwen3Model,
    T5Config,
    T5EncoderModel,
    T5Tokenizer,
    UMT5Config,
    UMT5EncoderModel,
)

from tests.lm.tiny import tokenizer

LETTERS = "abcdefghijklmnopqrstuvwxyz"


def clip_tokenizer() -> Any:
    names = ["<|startoftext|>", "<|endoftext|>", *LETTERS, *(f"{letter}</w>" for letter in LETTERS)]
    return CLIPTokenizer(vocab={name: place for place, name in enumerate(names)}, merges=[], model_max_length=77)


def t5_tokenizer() -> Any:
    pieces = ["<pad>", "</s>", "<unk>", "▁", *LETTERS]
    return T5Tokenizer(vocab=[(piece, -1.0) for piece in pieces], extra_ids=0)


def t5(kind: Any, config: Any) -> Any:
    shape = {"d_model": 32, "d_kv": 8, "d_ff": 37, "num_layers": 2, "num_heads": 4}
    return kind(config(vocab_size=40, dropout_rate=0.0, **shape))


def clip(kind: Any, width: int = 32) -> Any:
    shape = {"hidden_size": width, "intermediate_size": 37, "num_attention_heads": 4, "num_hidden_layers": 2}
    return kind(
        CLIPTextConfig(vocab_size=54, projection_dim=32, bos_token_id=0, eos_token_id=1, pad_token_id=1, **shape)
    )


def picture_vae(latents: int = 4, channels: int = 8, **more: Any) -> Any:
    return diffusers.AutoencoderKL(
        block_out_channels=[channels, channels * 2],
        down_block_types=["DownEncoderBlock2D"] * 2,
        up_block_types=["UpDecoderBlock2D"] * 2,
        latent_channels=latents,
        norm_num_groups=2,
        **more,
    )


def unet(**more: Any) -> Any:
    return diffusers.UNet2DConditionModel(
        block_out_channels=(4, 8),
        layers_per_block=1,
        sample_size=16,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        norm_num_groups=2,
        **more,
    )


def stable_diffusion() -> Any:
    return diffusers.StableDiffusionPipeline(
        vae=picture_vae(),
        text_encoder=clip(CLIPTextModel),
        tokenizer=clip_tokenizer(),
        unet=unet(cross_attention_dim=32),
        scheduler=diffusers.PNDMScheduler(
            beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", skip_prk_steps=True, steps_offset=1
        ),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def sdxl() -> Any:
    return diffusers.StableDiffusionXLPipeline(
        vae=picture_vae(),
        text_encoder=clip(CLIPTextModel),
        text_encoder_2=clip(CLIPTextModelWithProjection),
        tokenizer=clip_tokenizer(),
        tokenizer_2=clip_tokenizer(),
        unet=unet(
            cross_attention_dim=64,
            attention_head_dim=(2, 4),
            use_linear_projection=True,
            addition_embed_type="text_time",
            addition_time_embed_dim=8,
            projection_class_embeddings_input_dim=80,
        ),
        scheduler=diffusers.EulerAncestralDiscreteScheduler(timestep_spacing="trailing"),
        add_watermarker=False,
    )


def z_image() -> Any:
    text = Qwen3Config(
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=2,
        head_dim=8,
        vocab_size=len(tokenizer()),
    )
    return diffusers.ZImagePipeline(
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(shift=3.0),
        vae=picture_vae(latents=16, scaling_factor=0.3611, shift_factor=0.1159),
        text_encoder=Qwen3Model(text),
        tokenizer=tokenizer(),
        transformer=diffusers.ZImageTransformer2DModel(
            dim=32,
            n_layers=2,
            n_refiner_layers=1,
            n_heads=2,
            n_kv_heads=2,
            cap_feat_dim=16,
            axes_dims=[8, 4, 4],
            axes_lens=[256, 32, 32],
        ),
    )


def wan() -> Any:
    return diffusers.WanPipeline(
        tokenizer=t5_tokenizer(),
        text_encoder=t5(UMT5EncoderModel, UMT5Config),
        vae=diffusers.AutoencoderKLWan(base_dim=3, z_dim=16, dim_mult=[1, 1, 1, 1], num_res_blocks=1),
        scheduler=diffusers.UniPCMultistepScheduler(
            prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=3.0
        ),
        transformer=diffusers.WanTransformer3DModel(
            num_attention_heads=2, attention_head_dim=12, text_dim=32, ffn_dim=32, num_layers=2, rope_max_seq_len=32
        ),
    )


def ltx() -> Any:
    four, five = (8, 8, 8, 8), (1, 1, 1, 1, 1)
    scaling = (True, True, False, False)
    return diffusers.LTXPipeline(
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(),
        vae=diffusers.AutoencoderKLLTXVideo(
            latent_channels=8,
            block_out_channels=four,
            decoder_block_out_channels=four,
            layers_per_block=five,
            decoder_layers_per_block=five,
            spatio_temporal_scaling=scaling,
            decoder_spatio_temporal_scaling=scaling,
            patch_size=1,
        ),
        text_encoder=t5(T5EncoderModel, T5Config),
        tokenizer=t5_tokenizer(),
        transformer=diffusers.LTXVideoTransformer3DModel(
            in_channels=8,
            out_channels=8,
            num_attention_heads=4,
            attention_head_dim=8,
            cross_attention_dim=32,
            num_layers=1,
            caption_channels=32,
        ),
    )


def cogvideox() -> Any:
    return diffusers.CogVideoXPipeline(
        tokenizer=t5_tokenizer(),
        text_encoder=t5(T5EncoderModel, T5Config),
        vae=diffusers.AutoencoderKLCogVideoX(
            block_out_channels=(8, 8, 8, 8), latent_channels=4, layers_per_block=1, norm_num_groups=2
        ),
        transformer=diffusers.CogVideoXTransformer3DModel(
            num_attention_heads=4,
            attention_head_dim=8,
            in_channels=4,
            out_channels=4,
            time_embed_dim=2,
            text_embed_dim=32,
            num_layers=1,
            sample_width=2,
            sample_height=2,
            sample_frames=9,
        ),
        scheduler=diffusers.CogVideoXDDIMScheduler(),
    )


PIPELINES: dict[str, Callable[[], Any]] = {
    "cogvideox": cogvideox,
    "ltx-video": ltx,
    "sd-1.5": stable_diffusion,
    "sdxl-turbo": sdxl,
    "wan": wan,
    "z-image-turbo": z_image,
}


def write_pipeline(name: str, folder: Path) -> Path:
    """Save the tiny pipeline of a preset's class, its weights decided by the name alone."""
    torch.manual_seed(len(name))
    made = PIPELINES[name]()
    for part in made.components.values():
        if isinstance(part, torch.nn.Module):
            for weight in part.parameters():
                if weight.dim() > 1 or not torch.isfinite(weight).all() or not weight.any():
                    torch.nn.init.normal_(weight, std=0.2)  # some are left empty by their class, some would do nothing
    made.save_pretrained(folder, safe_serialization=True)
    return folder
