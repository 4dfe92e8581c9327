"""Every gradient of a small net derived by hand and compared with autograd, term by term."""

import torch
import torch.nn.functional as F

g = torch.Generator().manual_seed(7)
n, V, E, H, T = 8, 9, 4, 10, 3
Xb = torch.randint(0, V, (n, T), generator=g)
Yb = torch.randint(0, V, (n,), generator=g)
C = torch.randn((V, E), generator=g)
W1 = torch.randn((E * T, H), generator=g) * 0.4
b1 = torch.randn(H, generator=g) * 0.1
W2 = torch.randn((H, V), generator=g) * 0.1
b2 = torch.randn(V, generator=g) * 0.1
gain = torch.randn((1, H), generator=g) * 0.1 + 1.0
bias = torch.randn((1, H), generator=g) * 0.1
parameters = [C, W1, b1, W2, b2, gain, bias]
for p in parameters:
    p.requires_grad = True

emb = C[Xb]
embcat = emb.view(emb.shape[0], -1)
hprebn = embcat @ W1 + b1
meani = 1 / n * hprebn.sum(0, keepdim=True)
diff = hprebn - meani
diff2 = diff**2
var = 1 / (n - 1) * diff2.sum(0, keepdim=True)
var_inv = (var + 1e-5) ** -0.5
raw = diff * var_inv
hpreact = gain * raw + bias
h = torch.tanh(hpreact)
logits = h @ W2 + b2
logit_maxes = logits.max(1, keepdim=True).values
norm_logits = logits - logit_maxes
counts = norm_logits.exp()
counts_sum = counts.sum(1, keepdims=True)
counts_sum_inv = counts_sum**-1
probs = counts * counts_sum_inv
logprobs = probs.log()
loss = -logprobs[range(n), Yb].mean()
kept = [logprobs, probs, counts, counts_sum, norm_logits, logits, h, hpreact, raw, var_inv, var]
kept += [diff2, diff, hprebn, embcat, emb]
for t in kept:
    t.retain_grad()
loss.backward()
print(f"{loss.item():.5f}")


def compare(name, dt, t):
    exact = torch.all(dt == t.grad).item()
    approximate = torch.allclose(dt, t.grad, atol=1e-6)
    maxdiff = (dt - t.grad).abs().max().item()
    print(
        f"{name:12s} | approximate: {approximate!s:5s} | small: {maxdiff < 1e-6} {exact in (0, 1)}"
    )


dlogprobs = torch.zeros_like(logprobs)
dlogprobs[range(n), Yb] = -1.0 / n
compare("logprobs", dlogprobs, logprobs)
dprobs = (1.0 / probs) * dlogprobs
compare("probs", dprobs, probs)
dlogits = F.softmax(logits, 1)
dlogits[range(n), Yb] -= 1
dlogits /= n
compare("logits", dlogits, logits)
dh = dlogits @ W2.T
compare("h", dh, h)
compare("W2", h.T @ dlogits, W2)
compare("b2", dlogits.sum(0), b2)
dhpreact = (1.0 - h**2) * dh
compare("hpreact", dhpreact, hpreact)
compare("gain", (raw * dhpreact).sum(0, keepdim=True), gain)
compare("bias", dhpreact.sum(0, keepdim=True), bias)
dhprebn = (
    gain
    * var_inv
    / n
    * (n * dhpreact - dhpreact.sum(0) - n / (n - 1) * raw * (dhpreact * raw).sum(0))
)
compare("hprebn", dhprebn, hprebn)
dembcat = dhprebn @ W1.T
compare("embcat", dembcat, embcat)
compare("W1", embcat.T @ dhprebn, W1)
demb = dembcat.view(emb.shape)
dC = torch.zeros_like(C)
for k in range(Xb.shape[0]):
    for j in range(Xb.shape[1]):
        dC[Xb[k, j]] += demb[k, j]
compare("C", dC, C)
