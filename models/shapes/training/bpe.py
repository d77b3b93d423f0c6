"""Learns a byte-pair vocabulary in CLIP's own format (vocab.json, merges.txt) from the captions' words."""
import collections
import json


def byte_symbols():
    """GPT-2's alphabet: a printable character for every byte."""
    printable = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))
    symbols, extra = {b: chr(b) for b in printable}, 0
    for b in range(256):
        if b not in symbols:
            symbols[b] = chr(256 + extra)
            extra += 1
    return symbols


def learn(texts):
    """Merges the most frequent pair until every word is one token; returns (vocabulary, merges)."""
    words = collections.Counter(word for text in texts for word in text.split())
    pieces = {word: list(word[:-1]) + [word[-1] + "</w>"] for word in words}
    merges = []
    while any(len(p) > 1 for p in pieces.values()):
        pairs = collections.Counter()
        for word, p in pieces.items():
            for pair in zip(p, p[1:]):
                pairs[pair] += words[word]
        best = max(pairs, key=lambda pair: (pairs[pair], pair))
        merges.append(best)
        for word, p in pieces.items():
            merged, i = [], 0
            while i < len(p):
                if i + 1 < len(p) and (p[i], p[i + 1]) == best:
                    merged.append(p[i] + p[i + 1])
                    i += 2
                else:
                    merged.append(p[i])
                    i += 1
            pieces[word] = merged
    base = list(byte_symbols().values())
    vocab = base + [s + "</w>" for s in base] + ["".join(m) for m in merges] + ["<|startoftext|>", "<|endoftext|>"]
    return {token: i for i, token in enumerate(vocab)}, merges


if __name__ == "__main__":
    vocab, merges = learn(json.load(open("texts.json")))
    json.dump(vocab, open("vocab.json", "w"), ensure_ascii=False)
    with open("merges.txt", "w") as f:
        f.write("#version: 0.2\n" + "\n".join(" ".join(m) for m in merges) + "\n")
    print(len(vocab), "tokens,", len(merges), "merges")
