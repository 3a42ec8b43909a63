"""A pixel pipeline with drawn weights: its tokenizer is trained on the texts it will read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from diffusers.models.attention_processor import AttnProcessor
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from diffusers.schedulers.scheduling_dpmsolver_multistep import DPMSolverMultistepScheduler
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from torch import nn
from transformers import CLIPTextConfig, CLIPTextModel, PreTrainedTokenizerFast

from bench.generators.pixel import Painter, PixelPipeline
from bench.generators.waves import Waves
from bench.rng import entropy

PAD, END = "<|pad|>", "<|end|>"
HEAD = 32  # width of an attention head
GROUPS = 16  # of channels that are normalised together
SPREAD = 0.3  # of token embeddings; words that are nearly alike at first are slow to be told apart
MOMENTS = 1000  # steps of noise in training


def fresh_pipeline(
    texts: Iterable[str],
    *,
    channels: tuple[int, ...],
    width: int,
    layers: int,
    hidden: int,
    vocabulary: int,
    length: int,
    waves: Waves,
    side: int,
    seed: int,
) -> PixelPipeline:
    """Return a pipeline for waves on a grid [side, side]; `channels`: of the UNet's levels, each half as fine.

    The coarsest level attends to the text; all levels are told its summary with the moment of noise.
    `width` and `layers` are the text encoder's, `hidden` is the painter's, `length` is the longest text in tokens.
    """
    tokenizer = train_tokenizer(texts, vocabulary, length)
    number = len(waves.kept)
    with torch.random.fork_rng():
        torch.manual_seed(entropy(seed, "pixel pipeline") % 2**63)
        encoder = text_encoder(tokenizer, width, layers, length)
        unet = UNet2DConditionModel(
            sample_size=side,
            in_channels=2 * number,
            out_channels=number,
            layers_per_block=1,
            block_out_channels=channels,
            down_block_types=("DownBlock2D",) * (len(channels) - 1) + ("CrossAttnDownBlock2D",),
            up_block_types=("CrossAttnUpBlock2D",) + ("UpBlock2D",) * (len(channels) - 1),
            cross_attention_dim=width,
            attention_head_dim=max(1, channels[-1] // HEAD),  # in fact the number of heads
            norm_num_groups=GROUPS,
            resnet_time_scale_shift="scale_shift",
            addition_embed_type="text",
            addition_embed_type_num_heads=max(1, width // HEAD),
        )
        painter = Painter(width, hidden, side, waves.frames, waves.patch, list(waves.kept), list(waves.scales))
        nn.init.normal_(encoder.get_input_embeddings().weight, std=SPREAD)
    scheduler = DPMSolverMultistepScheduler(
        num_train_timesteps=MOMENTS,
        beta_schedule="squaredcos_cap_v2",
        prediction_type="sample",
        timestep_spacing="trailing",
    )
    unet.set_attn_processor(AttnProcessor())  # the fused attention's backward pass is slow on CPUs
    return PixelPipeline(unet, scheduler, encoder, tokenizer, painter)


def text_encoder(tokenizer: Any, width: int, layers: int, length: int) -> Any:
    """Return an untrained encoder of texts of at most `length` tokens."""
    made: Any = CLIPTextModel(
        CLIPTextConfig(
            vocab_size=len(tokenizer),
            hidden_size=width,
            intermediate_size=4 * width,
            num_hidden_layers=layers,
            num_attention_heads=max(1, width // HEAD),
            max_position_embeddings=length,
            pad_token_id=tokenizer.pad_token_id,
            bos_token_id=tokenizer.eos_token_id,
            eos_token_id=tokenizer.eos_token_id,
        )
    )
    made.set_attn_implementation("eager")
    return made


def train_tokenizer(texts: Iterable[str], size: int, length: int) -> Any:
    """Return a byte-level BPE of at most `size` tokens; it does not tell capitals from small letters."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        special_tokens=[PAD, END],
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(single=f"$A {END}", special_tokens=[(END, 1)])
    fast: Any = PreTrainedTokenizerFast
    return fast(tokenizer_object=tokenizer, pad_token=PAD, eos_token=END, model_max_length=length)
