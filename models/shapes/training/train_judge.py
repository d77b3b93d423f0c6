"""Trains a small classifier that says which coloured shapes a picture holds, and exports it: train_judge.py STEPS OUT_DIR

Input image [B, 3, 64, 64] in [0, 1]; outputs probabilities [B, 36] (color-major: red circle, red square, ...)
and features [B, 96] (for Frechet distances)."""
import json
import os
import sys
import time

import numpy as np
import torch
from torch import nn

import models
import world

torch.set_num_threads(2)
torch.manual_seed(0)
steps, out = int(sys.argv[1]), sys.argv[2]
images, labels, rng = np.load("images.npy", mmap_mode="r"), np.load("labels.npy").reshape(-1, 36), np.random.default_rng(0)
held = 4000
vae = models.make_vae()
vae.load_state_dict(torch.load("vae.pt"))


def block(i, o, stride):
    return nn.Sequential(nn.Conv2d(i, o, 3, stride, 1), nn.GroupNorm(8, o), nn.SiLU())


class Judge(nn.Module):
    """Says of each place what stands there; a shape is present where some place says so."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(block(3, 24, 2), block(24, 48, 2), block(48, 48, 1), block(48, 96, 2), block(96, 96, 1))
        self.presence = nn.Conv2d(96, 36, 1)

    def forward(self, image):
        x = self.body(image * 2 - 1)
        evidence = self.presence(x)
        logits = torch.logsumexp(evidence.flatten(2), 2) - 4.
        return torch.sigmoid(logits), x.mean((2, 3)), logits


judge = Judge()
optimizer = torch.optim.AdamW(judge.parameters(), 2e-3, weight_decay=1e-4)
schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, steps, pct_start=.1)
start = time.time()
for step in range(steps):
    pick = np.sort(rng.integers(held, len(images), 64))
    x = torch.from_numpy(images[pick]).permute(0, 3, 1, 2).float() / 255
    if step % 2:  # every second batch as the autoencoder gives it back, with some latent noise
        with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
            half = x[:16]
            z = vae.encode(half * 2 - 1).latent_dist.mean
            x = torch.cat([(vae.decode(z + .15 * torch.randn_like(z)).sample.float() / 2 + .5).clamp(0, 1), x[16:]])
    x = (x + .03 * torch.randn_like(x)).clamp(0, 1)
    _, _, logits = judge(x)
    loss = nn.functional.binary_cross_entropy_with_logits(logits, torch.from_numpy(labels[pick]).float())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    schedule.step()
    if step % 100 == 0:
        print(step, f"{loss.item():.4f} {time.time() - start:.0f} s", flush=True)
judge.eval()
with torch.no_grad():
    x = torch.from_numpy(images[:held]).permute(0, 3, 1, 2).float() / 255
    predicted = torch.cat([judge(c)[0] for c in x.split(250)]) > .5
    z = torch.cat([vae.decode(vae.encode(c * 2 - 1).latent_dist.mean).sample for c in x[:500].split(100)])
    through = judge((z / 2 + .5).clamp(0, 1))[0] > .5
truth = torch.from_numpy(labels[:held]).bool()
figures = {"held_out_pictures": held, "exact_match": (predicted == truth).all(1).float().mean().item(),
           "exact_match_after_autoencoder": (through == truth[:500]).all(1).float().mean().item()}
print(figures)
os.makedirs(out, exist_ok=True)


class Export(nn.Module):
    """The judge without its logits."""

    def __init__(self):
        super().__init__()
        self.judge = judge

    def forward(self, image):
        return self.judge(image)[:2]


torch.onnx.export(Export(), (torch.rand(2, 3, 64, 64),), f"{out}/model.onnx", input_names=["image"], output_names=["probabilities", "features"],
                  dynamic_axes={n: {0: "batch"} for n in ("image", "probabilities", "features")}, opset_version=17, dynamo=False)
json.dump({"input": "image [B, 3, 64, 64], RGB in [0, 1]", "labels": [f"{c} {s}" for c in world.COLORS for s in world.SHAPES],
           "threshold": .5, "measured": figures}, open(f"{out}/labels.json", "w"), indent=2)
