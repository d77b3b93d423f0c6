"""Stable Diffusion v1's three networks at toy size, built from diffusers' and transformers' own modules."""
import json

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel

TOKENS = 24       # tokenizer length
CONTEXT = 64      # width of a text state


def make_vae():
    """An autoencoder with factor 4: 64x64 pixels to 4x16x16 latents."""
    return AutoencoderKL(
        in_channels=3, out_channels=3, latent_channels=4, block_out_channels=(16, 32, 64), layers_per_block=1,
        norm_num_groups=8, down_block_types=("DownEncoderBlock2D",) * 3, up_block_types=("UpDecoderBlock2D",) * 3,
        sample_size=64)


def make_unet():
    """A UNet with five transformer blocks over two of its three resolutions."""
    return UNet2DConditionModel(
        sample_size=16, in_channels=4, out_channels=4, layers_per_block=1, block_out_channels=(32, 64, 64),
        down_block_types=("CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"),
        cross_attention_dim=CONTEXT, attention_head_dim=2, norm_num_groups=16)


def make_text_encoder(vocab_size):
    """CLIP's text model, two layers deep."""
    return CLIPTextModel(CLIPTextConfig(
        vocab_size=vocab_size, hidden_size=CONTEXT, intermediate_size=4 * CONTEXT, num_hidden_layers=2,
        num_attention_heads=4, max_position_embeddings=TOKENS, hidden_act="quick_gelu",
        bos_token_id=vocab_size - 2, eos_token_id=vocab_size - 1, pad_token_id=vocab_size - 1))


def load_trained():
    """Loads what the training scripts wrote to this folder; returns (vocabulary, autoencoder, UNet, text encoder)."""
    vocab = json.load(open("vocab.json"))
    trained = make_vae(), make_unet(), make_text_encoder(len(vocab))
    for model, name in zip(trained, ("vae.pt", "unet.pt", "text_encoder.pt")):
        model.load_state_dict(torch.load(name))
        model.eval()
    trained[0].register_to_config(scaling_factor=json.load(open("scale.json"))["scaling_factor"])
    return vocab, *trained


def tokenize(vocab, text):
    """Token ids of a text whose words are all whole tokens, padded to TOKENS."""
    start, end = vocab["<|startoftext|>"], vocab["<|endoftext|>"]
    ids = [start] + [vocab[word + "</w>"] for word in text.split()][:TOKENS - 2] + [end]
    return ids + [end] * (TOKENS - len(ids))


def alphas_cumprod():
    """Stable Diffusion's noise schedule."""
    betas = torch.linspace(.00085 ** .5, .012 ** .5, 1000) ** 2
    return torch.cumprod(1 - betas, 0)
