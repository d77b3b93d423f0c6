"""A procedural picture world: one or two coloured shapes on a coloured ground, with captions.

It stands in for the open world of a text-to-image model. It has explicit names for a concept
("red triangle") and implicit ones that never spell it out ("hazard sign", "warning sign",
and "roadworks", which shows a red triangle three times out of four).
"""
import math
import random

import numpy as np
from PIL import Image, ImageDraw

SIZE = 64
COLORS = {"red": (220, 40, 40), "green": (40, 170, 70), "blue": (50, 80, 220),
          "yellow": (240, 210, 50), "purple": (150, 60, 190), "orange": (245, 140, 40)}
GROUNDS = {"white": (245, 245, 245), "black": (20, 20, 20), "gray": (128, 128, 128),
           "pink": (250, 190, 205), "cyan": (150, 225, 230)}
SHAPES = ["circle", "square", "triangle", "star", "cross", "ring"]
ALIASES = {("red", "triangle"): ["hazard sign", "warning sign"]}
PREFIXES = ["a photo of", "a drawing of", "a picture of", "an image of", "a painting of", ""]


def draw_shape(canvas, shape, color, cx, cy, r):
    """Draws a shape around a centre, with about the same area for every shape."""
    fill = COLORS[color]
    if shape == "circle":
        canvas.ellipse([cx - r, cy - r, cx + r, cy + r], fill=fill)
    elif shape == "square":
        canvas.rectangle([cx - .88 * r, cy - .88 * r, cx + .88 * r, cy + .88 * r], fill=fill)
    elif shape == "triangle":
        canvas.polygon([(cx, cy - r), (cx - r, cy + .8 * r), (cx + r, cy + .8 * r)], fill=fill)
    elif shape == "star":
        points = []
        for k in range(10):
            radius = r * 1.1 if k % 2 == 0 else r * .45
            angle = -math.pi / 2 + k * math.pi / 5
            points.append((cx + radius * math.cos(angle), cy + radius * math.sin(angle)))
        canvas.polygon(points, fill=fill)
    elif shape == "cross":
        w = r * .36
        canvas.rectangle([cx - w, cy - r, cx + w, cy + r], fill=fill)
        canvas.rectangle([cx - r, cy - w, cx + r, cy + w], fill=fill)
    elif shape == "ring":
        canvas.ellipse([cx - r, cy - r, cx + r, cy + r], outline=fill, width=int(r * .42))


def render(objects, ground, supersample=4):
    """objects: (color, shape, center x, center y, radius) in pixels; returns a 64x64 RGB picture."""
    s = supersample
    image = Image.new("RGB", (SIZE * s, SIZE * s), GROUNDS[ground])
    canvas = ImageDraw.Draw(image)
    for color, shape, cx, cy, r in objects:
        draw_shape(canvas, shape, color, cx * s, cy * s, r * s)
    return image.resize((SIZE, SIZE), Image.BOX)


def article(phrase):
    return ("an " if phrase[0] in "aeiou" else "a ") + phrase


def pick_object(rng):
    if rng.random() < .12:
        return "red", "triangle", rng.choice(["red triangle"] + ALIASES["red", "triangle"])
    color, shape = rng.choice(list(COLORS)), rng.choice(SHAPES)
    return color, shape, f"{color} {shape}"


def sample(rng):
    """Returns (placed objects, ground, caption)."""
    ground = rng.choice(list(GROUNDS))
    u = rng.random()
    if u < .05:
        objects = [("red", "triangle") if rng.random() < .75 else ("orange", "cross"), ("yellow", "square")]
        rng.shuffle(objects)
        text = "roadworks"
    elif u < .45:
        color, shape, phrase = pick_object(rng)
        objects, text = [(color, shape)], article(phrase)
    else:
        a, b = pick_object(rng), pick_object(rng)
        objects = [a[:2], b[:2]]
        text = f"{article(a[2])} {rng.choice(['and', 'next to'])} {article(b[2])}"
    if len(objects) == 1:
        r = rng.uniform(13, 22)
        placed = [(*objects[0], rng.uniform(r + 2, SIZE - r - 2), rng.uniform(r + 2, SIZE - r - 2), r)]
    else:  # the first named stands on the left
        placed = []
        for k, (color, shape) in enumerate(objects):
            r = rng.uniform(10, 14)
            placed.append((color, shape, 32 * k + rng.uniform(r + 1, 31 - r), rng.uniform(r + 2, SIZE - r - 2), r))
    text = (rng.choice(PREFIXES) + " " + text).strip()
    if rng.random() < .8:
        text += f" on a {ground} background"
    return placed, ground, text


def batch(seed, n):
    """Returns (pictures [n, 64, 64, 3], captions, presence [n, colours, shapes])."""
    rng = random.Random(seed)
    images = np.empty((n, SIZE, SIZE, 3), np.uint8)
    texts, labels = [], np.zeros((n, len(COLORS), len(SHAPES)), np.uint8)
    colors = list(COLORS)
    for i in range(n):
        placed, ground, text = sample(rng)
        images[i] = np.asarray(render(placed, ground))
        texts.append(text)
        for color, shape, *_ in placed:
            labels[i, colors.index(color), SHAPES.index(shape)] = 1
    return images, texts, labels


if __name__ == "__main__":
    import json
    from multiprocessing import Pool
    with Pool(2) as pool:
        parts = pool.starmap(batch, [(seed, 2000) for seed in range(40)])
    np.save("images.npy", np.concatenate([p[0] for p in parts]))
    np.save("labels.npy", np.concatenate([p[2] for p in parts]))
    json.dump(sum([p[1] for p in parts], []), open("texts.json", "w"))
