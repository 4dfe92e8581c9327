"""Words that Shakespeare might have used: a character model with an MLP, after Bengio et al., 2003.

    python docs/examples/char_mlp.py                                on PyTorch
    python -m tinytorch.as_torch docs/examples/char_mlp.py          on tinytorch

Three characters of a word predict the fourth. STEPS in the environment says how long it learns.
"""

import os
import re
from pathlib import Path

import torch
import torch.nn as nn
import torch.nn.functional as F

STEPS = int(os.environ.get("STEPS", 3000))
BLOCK, BATCH, WIDTH, HIDDEN = 3, 64, 12, 96
TEXT = Path(__file__).resolve().parents[2] / "python/tinytorch/text/shakespeare.txt"

torch.manual_seed(1337)

# The data: every word once; "." stands before and after it.
words = sorted(set(re.findall(r"[a-z]{3,}", TEXT.read_text().lower())))
chars = ["."] + sorted(set("".join(words)))
stoi = {c: i for i, c in enumerate(chars)}
print(f"{len(words)} words of {len(chars) - 1} characters, such as {', '.join(words[:3])}")


def examples(some):
    xs, ys = [], []
    for word in some:
        context = [0] * BLOCK
        for c in word + ".":
            xs.append(context)
            ys.append(stoi[c])
            context = context[1:] + [stoi[c]]
    return torch.tensor(xs), torch.tensor(ys)


order = torch.randperm(len(words)).tolist()
words = [words[i] for i in order]
cut = int(0.9 * len(words))
Xtr, Ytr = examples(words[:cut])
Xval, Yval = examples(words[cut:])


class CharMLP(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(len(chars), WIDTH)
        self.layers = nn.Sequential(
            nn.Linear(BLOCK * WIDTH, HIDDEN),
            nn.Tanh(),
            nn.Linear(HIDDEN, len(chars)),
        )

    def forward(self, idx, targets=None):
        x = self.embed(idx).view(idx.shape[0], -1)  # (B, BLOCK * WIDTH)
        logits = self.layers(x)
        loss = None if targets is None else F.cross_entropy(logits, targets)
        return logits, loss


model = CharMLP()
print(f"{sum(p.numel() for p in model.parameters())} parameters")
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.01)


@torch.no_grad()
def evaluate():
    model.eval()
    losses = [model(X, Y)[1].item() for X, Y in ((Xtr, Ytr), (Xval, Yval))]
    model.train()
    return losses


for step in range(STEPS + 1):
    if step % max(STEPS // 5, 1) == 0:
        train, val = evaluate()
        print(f"step {step:5d}  train {train:.3f}  val {val:.3f}")
    ix = torch.randint(0, Xtr.shape[0], (BATCH,))
    _, loss = model(Xtr[ix], Ytr[ix])
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()


@torch.no_grad()
def invent(count, longest=12):
    for _ in range(count):
        word, context = "", [0] * BLOCK
        while len(word) < longest:
            logits, _ = model(torch.tensor([context]))
            ix = torch.multinomial(F.softmax(logits, dim=1), num_samples=1).item()
            if ix == 0:
                break
            word += chars[ix]
            context = context[1:] + [ix]
        print(" ", word)


invent(10)
