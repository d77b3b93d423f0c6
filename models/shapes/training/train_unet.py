"""Trains the text encoder and the UNet together on the autoencoder's latents: train_unet.py MINUTES [PEAK_RATE]

Goes on from unet.pt and text_encoder.pt where they exist."""
import json
import math
import os
import sys
import time

import numpy as np
import torch

import models

torch.set_num_threads(2)
torch.set_flush_denormal(True)
torch.manual_seed(int(time.time()))
minutes, batch, peak = float(sys.argv[1]), 64, float(sys.argv[2]) if len(sys.argv) > 2 else 1.5e-3
vocab, texts = json.load(open("vocab.json")), json.load(open("texts.json"))
ids, null = torch.tensor([models.tokenize(vocab, t) for t in texts]), torch.tensor(models.tokenize(vocab, ""))
if not os.path.exists("latents.npy"):
    vae, images, out = models.make_vae(), np.load("images.npy", mmap_mode="r"), []
    vae.load_state_dict(torch.load("vae.pt"))
    with torch.no_grad():
        for i in range(0, len(images), 100):
            x = torch.from_numpy(images[i:i + 100]).permute(0, 3, 1, 2).float() / 127.5 - 1
            out.append(vae.encode(x).latent_dist.mean.numpy())
    np.save("latents.npy", np.concatenate(out))
latents = torch.from_numpy(np.load("latents.npy"))
scaling_factor = 1 / latents.std().item()
latents *= scaling_factor
json.dump({"scaling_factor": scaling_factor}, open("scale.json", "w"))
print("scaling factor", scaling_factor, "channel std", latents.std((0, 2, 3)), flush=True)

alphas = models.alphas_cumprod()
unet, text_encoder = models.make_unet(), models.make_text_encoder(len(vocab))
if os.path.exists("unet.pt"):
    unet.load_state_dict(torch.load("unet.pt"))
    text_encoder.load_state_dict(torch.load("text_encoder.pt"))
params = list(unet.parameters()) + list(text_encoder.parameters())
optimizer = torch.optim.AdamW(params, peak, weight_decay=1e-4, betas=(.9, .99))
average = [p.detach().clone() for p in params]


def save():
    """Stores the running average of the weights."""
    for model, name in ((unet, "unet.pt"), (text_encoder, "text_encoder.pt")):
        state, n = model.state_dict(), {id(p): a for p, a in zip(params, average)}
        torch.save({k: n.get(id(dict(model.named_parameters()).get(k)), v).clone() for k, v in state.items()}, name)


start, step, running = time.time(), 0, 1.
while (elapsed := (time.time() - start) / 60) < minutes:
    done = elapsed / minutes
    rate = peak * min(1, step / 200) * (1 if done < .4 else .5 * (1 + math.cos(math.pi * (done - .4) / .6)) + .01)
    for group in optimizer.param_groups:
        group["lr"] = rate
    pick = torch.randint(0, len(latents), (batch,))
    z, tokens = latents[pick], ids[pick].clone()
    tokens[torch.rand(batch) < .1] = null
    t, noise = torch.randint(0, 1000, (batch,)), torch.randn_like(z)
    a = alphas[t][:, None, None, None]
    predicted = unet(a.sqrt() * z + (1 - a).sqrt() * noise, t, text_encoder(tokens).last_hidden_state).sample
    snr = alphas[t] / (1 - alphas[t])
    weight = torch.minimum(snr, torch.tensor(5.)) / snr
    each = (predicted - noise).pow(2).mean((1, 2, 3))
    loss = (weight * each).mean()
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(params, 1.)
    optimizer.step()
    running = .98 * running + .02 * each.mean().item()
    keep = min(.999, (1 + step) / (10 + step))
    with torch.no_grad():
        for m, p in zip(average, params):
            m.mul_(keep).add_(p, alpha=1 - keep)
    if step % 100 == 0:
        print(step, f"noise error {running:.4f} {elapsed:.1f} min", flush=True)
    if step % 1000 == 0 and step:
        save()
    step += 1
save()
print("done", step)
