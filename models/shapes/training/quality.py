"""How often the trained model draws what the prompt names, by the learned judge: quality.py MODEL_DIR"""
import json
import random
import sys

import numpy as np
import onnxruntime
import torch

import models
import world

PICTURES, STEPS, GUIDANCE = 40, 25, 5


def prompts():
    """Returns, per set, pairs of a prompt and the objects that it names."""
    rng = random.Random(5)
    colors, grounds = list(world.COLORS), list(world.GROUNDS)
    sets = {"one object": [], "two objects": [], "red triangle": [], "hazard or warning sign": [], "roadworks": []}

    def ground():
        return f"on a {rng.choice(grounds)} background"

    def thing():
        return f"{rng.choice(colors)} {rng.choice(world.SHAPES)}"

    for _ in range(PICTURES):
        one = thing()
        sets["one object"].append((f"a photo of {world.article(one)} {ground()}", {one}))
        left, right = thing(), thing()
        sets["two objects"].append((f"{world.article(left)} and {world.article(right)} {ground()}", {left, right}))
        sets["red triangle"].append((f"a red triangle {ground()}", {"red triangle"}))
        sets["hazard or warning sign"].append((f"a {rng.choice(['hazard', 'warning'])} sign {ground()}", {"red triangle"}))
        sets["roadworks"].append((f"roadworks {ground()}", {"yellow square"}))
    return sets


def draw(unet, vae, states, null, alphas):
    """Draws one picture per row of text states, with DDIM and classifier-free guidance; [N, 3, 64, 64] in [0, 1]."""
    torch.manual_seed(11)
    n, stride = len(states), 1000 // STEPS
    z = torch.randn(n, 4, 16, 16)
    for t in range((STEPS - 1) * stride + 1, 0, -stride):
        both = unet(torch.cat([z, z]), t, torch.cat([null.expand(n, -1, -1), states])).sample
        unconditional, prompt = both.chunk(2)
        noise = unconditional + GUIDANCE * (prompt - unconditional)
        now, then = alphas[t], alphas[max(t - stride, 0)]
        z = then.sqrt() * (z - (1 - now).sqrt() * noise) / now.sqrt() + (1 - then).sqrt() * noise
    return (vae.decode(z / vae.config.scaling_factor).sample / 2 + .5).clamp(0, 1)


@torch.no_grad()
def main():
    torch.set_num_threads(2)
    torch.set_flush_denormal(True)
    folder = sys.argv[1]
    vocab, vae, unet, text_encoder = models.load_trained()
    judge = onnxruntime.InferenceSession(f"{folder}/judge/model.onnx")
    labels = json.load(open(f"{folder}/judge/labels.json"))["labels"]
    alphas = models.alphas_cumprod()

    def encode(texts):
        return text_encoder(torch.tensor([models.tokenize(vocab, t) for t in texts])).last_hidden_state

    def share(values):
        return round(float(np.mean(values)), 3)

    results = {}
    for name, pairs in prompts().items():
        pictures = draw(unet, vae, encode([text for text, _ in pairs]), encode([""]), alphas)
        present = judge.run(["probabilities"], {"image": pictures.numpy()})[0] > .5
        found = [{labels[i] for i in np.flatnonzero(row)} for row in present]
        results[name] = {
            "all named objects found": share([named <= seen for (_, named), seen in zip(pairs, found)]),
            "exactly those": share([named == seen for (_, named), seen in zip(pairs, found)]),
            "red triangle present": share(["red triangle" in seen for seen in found])}
        print(name, results[name], flush=True)
    json.dump({"pictures_per_set": PICTURES, "steps": STEPS, "guidance": GUIDANCE, "sets": results},
              open(f"{folder}/quality.json", "w"), indent=2)


if __name__ == "__main__":
    main()
