"""Trains the autoencoder, images.npy to vae.pt: train_vae.py STEPS"""
import sys
import time

import numpy as np
import torch

import models

torch.set_num_threads(2)
torch.manual_seed(0)
steps = int(sys.argv[1])
images, rng = np.load("images.npy", mmap_mode="r"), np.random.default_rng(0)
vae = models.make_vae()
optimizer = torch.optim.AdamW(vae.parameters(), 1.5e-3, weight_decay=0)
schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1.5e-3, steps, pct_start=.05)
start = time.time()
for step in range(steps):
    x = torch.from_numpy(images[np.sort(rng.integers(0, len(images), 16))]).permute(0, 3, 1, 2).float() / 127.5 - 1
    with torch.autocast("cpu", dtype=torch.bfloat16):
        posterior = vae.encode(x).latent_dist
        y = vae.decode(posterior.sample()).sample
    y = y.float()
    reconstruction = (y - x).abs().mean() + (y - x).pow(2).mean()
    kl = .5 * (posterior.mean.float() ** 2 + posterior.var.float() - 1 - posterior.logvar.float()).mean()
    loss = reconstruction + 3e-3 * kl
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(vae.parameters(), 1.)
    optimizer.step()
    schedule.step()
    if step % 100 == 0:
        print(step, f"reconstruction {reconstruction.item():.4f} kl {kl.item():.3f} {time.time() - start:.0f} s", flush=True)
torch.save(vae.state_dict(), "vae.pt")
