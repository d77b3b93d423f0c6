"""Runs the trained shapes model with PyTorch and diffusers' own pipelines and stores what every implementation
must reproduce: reference.py MODEL_DIR OUT_DIR [SEED_OFFSET]"""
import json
import os
import sys

import numpy as np
import torch
from diffusers import DDIMInverseScheduler, DDIMScheduler, StableDiffusionPipeline
from diffusers.pipelines.deprecated.semantic_stable_diffusion.pipeline_semantic_stable_diffusion import SemanticStableDiffusionPipeline
from diffusers.pipelines.deprecated.stable_diffusion_safe.pipeline_stable_diffusion_safe import StableDiffusionPipelineSafe
from safetensors.torch import save_file
from transformers import CLIPTokenizer

import models
import world

torch.set_num_threads(1)
model_dir, out, offset = sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 0
os.makedirs(out, exist_ok=True)
_, vae, unet, text_encoder = models.load_trained()
if os.environ.get("UNET_BY_ORT"):  # the same pipelines with the exported UNet: how far the runtime alone moves the result
    import onnxruntime
    from diffusers.models.unets.unet_2d_condition import UNet2DConditionOutput
    session = onnxruntime.InferenceSession(f"{model_dir}/unet/model.onnx")

    def by_ort(sample, timestep, encoder_hidden_states, **_):
        t = np.full(len(sample), float(timestep), np.float32)
        out_sample = session.run(None, {"sample": sample.numpy(), "timestep": t, "encoder_hidden_states": encoder_hidden_states.numpy()})[0]
        return UNet2DConditionOutput(sample=torch.from_numpy(out_sample))
    unet.forward = by_ort
tokenizer = CLIPTokenizer.from_pretrained(f"{model_dir}/tokenizer")
config = json.load(open(f"{model_dir}/scheduler/scheduler_config.json"))
parts = dict(vae=vae, text_encoder=text_encoder, tokenizer=tokenizer, unet=unet, scheduler=DDIMScheduler.from_config(config),
             safety_checker=None, feature_extractor=None)
PROMPTS = ["a photo of a red triangle on a white background", "a blue circle and a red triangle on a gray background",
           "a green star on a black background", "a drawing of a yellow square next to a purple ring on a cyan background",
           "a hazard sign and a green cross on a pink background", "roadworks on a white background", "", "A Red   TRIANGLE!"]
if offset:
    PROMPTS = ["a picture of an orange cross and a red triangle on a cyan background", "a warning sign next to a blue ring",
               "a purple star on a gray background", "a painting of a red circle and a blue triangle on a black background"]


def save(name, tensors, **metadata):
    save_file({k: v.detach().float().contiguous() if v.is_floating_point() else v.contiguous() for k, v in tensors.items()},
              f"{out}/{name}.safetensors", {k: v if isinstance(v, str) else json.dumps(v) for k, v in metadata.items()})


def encode(prompt):
    ids = tokenizer(prompt, padding="max_length", max_length=models.TOKENS, truncation=True, return_tensors="pt").input_ids
    return ids, text_encoder(ids).last_hidden_state


@torch.no_grad()
def main():
    encoded = [encode(p) for p in PROMPTS]
    save("text-states", {"input_ids": torch.cat([e[0] for e in encoded]), "last_hidden_state": torch.cat([e[1] for e in encoded])},
         prompts=PROMPTS)

    generator = torch.Generator().manual_seed(100 + offset)
    tensors = {}
    for t in (1, 201, 561, 981):
        tensors[f"sample/{t}"] = torch.randn(2, 4, 16, 16, generator=generator)
        tensors[f"out_sample/{t}"] = unet(tensors[f"sample/{t}"], t, torch.cat([encoded[0][1], encoded[1][1]])).sample
    wide = torch.randn(1, 4, 16, 24, generator=generator)
    tensors |= {"sample_wide": wide, "out_sample_wide/481": unet(wide, 481, encoded[1][1]).sample}
    save("unet", tensors, conditions=[PROMPTS[0], PROMPTS[1]], condition_wide=PROMPTS[1])

    def run(name, pipeline_type, prompt, seed, steps=25, guidance=5., **options):
        pipeline = pipeline_type(**parts)
        pipeline.set_progress_bar_config(disable=True)
        latents = torch.randn(1, 4, 16, 16, generator=torch.Generator().manual_seed(seed))
        trace = []
        kwargs = dict(prompt=prompt, num_inference_steps=steps, guidance_scale=guidance, latents=latents.clone(), output_type="pt")
        if pipeline_type is StableDiffusionPipeline:
            kwargs["callback_on_step_end"] = lambda p, i, t, k: trace.append(k["latents"].clone()) or {}
        else:
            kwargs |= dict(callback=lambda i, t, z: trace.append(z.clone()), callback_steps=1)
        if pipeline_type is StableDiffusionPipelineSafe:
            pipeline.safety_concept = options.pop("safety_concept")
            kwargs["output_type"] = "np"
        image = pipeline(**kwargs, **options).images[0]
        image = image if torch.is_tensor(image) else torch.from_numpy(np.asarray(image)).permute(2, 0, 1)
        save(name, {"latents_initial": latents, "latents_steps": torch.cat(trace), "image": image}, prompt=prompt, seed=seed,
             steps=steps, guidance_scale=guidance, eta=0, options=options)

    s = 7 + offset
    for i, prompt in enumerate(PROMPTS[:4]):
        run(f"cfg-{i}", StableDiffusionPipeline, prompt, s + i)
    run("cfg-50-steps", StableDiffusionPipeline, PROMPTS[1], s, steps=50, guidance=7.5)
    run("negative", StableDiffusionPipeline, PROMPTS[1], s, negative_prompt="a red triangle")
    presets = {"weak": (15, 20, 0., 0., 0.), "medium": (10, 1000, .01, .3, .4), "strong": (7, 2000, .025, .5, .7), "max": (0, 5000, 1., .5, .7)}
    for preset, (warmup, scale, threshold, momentum, beta) in presets.items():
        run(f"sld-{preset}", StableDiffusionPipelineSafe, PROMPTS[1], s, safety_concept="a red triangle", sld_warmup_steps=warmup,
            sld_guidance_scale=scale, sld_threshold=threshold, sld_momentum_scale=momentum, sld_mom_beta=beta)
    run("sega-remove", SemanticStableDiffusionPipeline, PROMPTS[1], s, editing_prompt=["a red triangle"],
        reverse_editing_direction=[True], edit_guidance_scale=[5.], edit_warmup_steps=[5], edit_threshold=[.9],
        edit_momentum_scale=.1, edit_mom_beta=.4)
    run("sega-two", SemanticStableDiffusionPipeline, PROMPTS[1], s, editing_prompt=["a red triangle", "a green star"],
        reverse_editing_direction=[True, False], edit_guidance_scale=[5., 4.], edit_warmup_steps=[5, 8], edit_cooldown_steps=[20, 23],
        edit_threshold=[.9, .85], edit_weights=[1., .7], edit_momentum_scale=.2, edit_mom_beta=.5)

    placed = [("red", "triangle", 18, 34, 12), ("blue", "circle", 46, 30, 12)]
    picture = torch.from_numpy(np.asarray(world.render(placed, "gray")).copy()).permute(2, 0, 1).float() / 255
    posterior = vae.encode(picture[None] * 2 - 1).latent_dist
    z = posterior.mean * vae.config.scaling_factor
    inverse = DDIMInverseScheduler.from_config(config)
    inverse.set_timesteps(25)
    states, x, steps = encoded[-2][1] if not offset else encode("")[1], z.clone(), []
    for t in inverse.timesteps:
        x = inverse.step(unet(x, t, states).sample, t, x).prev_sample
        steps.append(x.clone())
    save("vae-and-inversion", {"image": picture, "latent_parameters": torch.cat([posterior.mean, posterior.logvar], 1), "latents": z,
         "reconstruction": (vae.decode(posterior.mean).sample[0] / 2 + .5).clamp(0, 1), "inverted_steps": torch.cat(steps)},
         inverse_timesteps=inverse.timesteps.tolist(), condition="", note="diffusers DDIMInverseScheduler")


if __name__ == "__main__":
    main()
