"""Writes the trained networks as an ONNX model folder in diffusers' layout: export.py OUT_DIR"""
import json
import os
import shutil
import sys

import torch

import models

out = sys.argv[1]
_, vae, unet, text_encoder = models.load_trained()


class TextEncoder(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.model = text_encoder

    def forward(self, input_ids):
        result = self.model(input_ids)
        return result.last_hidden_state, result.pooler_output


class UNet(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.model = unet

    def forward(self, sample, timestep, encoder_hidden_states):
        return self.model(sample, timestep, encoder_hidden_states).sample


class Encoder(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.model = vae

    def forward(self, sample):
        return self.model.encode(sample).latent_dist.parameters


class Decoder(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.model = vae

    def forward(self, latent_sample):
        return self.model.decode(latent_sample).sample


def export(module, folder, inputs, names, outputs, axes):
    os.makedirs(f"{out}/{folder}", exist_ok=True)
    torch.onnx.export(module.eval(), inputs, f"{out}/{folder}/model.onnx", input_names=names, output_names=outputs,
                      dynamic_axes=axes, opset_version=17, dynamo=False)


def write(path, value):
    os.makedirs(os.path.dirname(f"{out}/{path}") or out, exist_ok=True)
    json.dump(value, open(f"{out}/{path}", "w"), indent=2)


image = {0: "batch", 2: "height", 3: "width"}
with torch.no_grad():
    export(TextEncoder(), "text_encoder", (torch.zeros(1, models.TOKENS, dtype=torch.int64),), ["input_ids"],
           ["last_hidden_state", "pooler_output"], {"input_ids": {0: "batch"}})
    export(UNet(), "unet",
           (torch.randn(2, 4, 16, 16), torch.tensor([1., 1.]), torch.randn(2, models.TOKENS, models.CONTEXT)),
           ["sample", "timestep", "encoder_hidden_states"], ["out_sample"],
           {"sample": image, "timestep": {0: "batch"}, "encoder_hidden_states": {0: "batch", 1: "sequence"}, "out_sample": image})
    export(Encoder(), "vae_encoder", (torch.randn(1, 3, 64, 64),), ["sample"], ["latent_parameters"],
           {"sample": image, "latent_parameters": image})
    export(Decoder(), "vae_decoder", (torch.randn(1, 4, 16, 16),), ["latent_sample"], ["sample"],
           {"latent_sample": image, "sample": image})

vae_config = dict(vae.config) | {"_class_name": "AutoencoderKL"}
for folder, config in (("unet", dict(unet.config) | {"_class_name": "UNet2DConditionModel"}),
                       ("vae_encoder", vae_config), ("vae_decoder", vae_config)):
    write(f"{folder}/config.json", {k: v for k, v in config.items() if not k.startswith("_") or k == "_class_name"})
write("text_encoder/config.json", {k: v for k, v in text_encoder.config.to_dict().items()
                                   if k in ("vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "hidden_act",
                                            "num_attention_heads", "max_position_embeddings", "bos_token_id", "eos_token_id")})
write("scheduler/scheduler_config.json", {
    "_class_name": "DDIMScheduler", "num_train_timesteps": 1000, "beta_start": .00085, "beta_end": .012,
    "beta_schedule": "scaled_linear", "clip_sample": False, "set_alpha_to_one": False, "steps_offset": 1,
    "prediction_type": "epsilon", "timestep_spacing": "leading"})
write("tokenizer/tokenizer_config.json", {
    "tokenizer_class": "CLIPTokenizer", "model_max_length": models.TOKENS, "do_lower_case": True,
    "bos_token": "<|startoftext|>", "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>", "pad_token": "<|endoftext|>"})
write("tokenizer/special_tokens_map.json", {
    "bos_token": "<|startoftext|>", "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>", "pad_token": "<|endoftext|>"})
for name in ("vocab.json", "merges.txt"):
    shutil.copy(name, f"{out}/tokenizer/{name}")
write("model_index.json", {
    "_class_name": "StableDiffusionPipeline", "scheduler": ["diffusers", "DDIMScheduler"],
    "text_encoder": ["transformers", "CLIPTextModel"], "tokenizer": ["transformers", "CLIPTokenizer"],
    "unet": ["diffusers", "UNet2DConditionModel"], "vae": ["diffusers", "AutoencoderKL"],
    "safety_checker": [None, None], "feature_extractor": [None, None]})
