"""Reversing sequences: an encoder, a decoder that attends with bmm, masks, teacher forcing."""

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(31)
PAD, SOS, V, H = 0, 1, 8, 24


class Seq2Seq(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Parameter(nn.init.xavier_normal_(torch.empty(V, H)))
        self.pos = nn.Parameter(nn.init.uniform_(torch.empty(10, H), -0.1, 0.1))
        self.q, self.k, self.v = (nn.Linear(H, H, bias=False) for _ in range(3))
        self.cell = nn.Linear(3 * H, H)
        self.out = nn.Linear(2 * H, V)
        self.drop = nn.Dropout(0.1)

    def attend(self, query, memory, mask):
        scores = torch.bmm(self.q(query).unsqueeze(1), self.k(memory).transpose(1, 2)) / H**0.5
        scores.masked_fill_(mask.unsqueeze(1), float("-inf"))
        weights = F.softmax(scores, dim=-1)
        return torch.bmm(weights, self.v(memory)).squeeze(1), weights

    def forward(self, src, tgt):
        mask = src == PAD
        memory = self.drop(self.emb[src] + self.pos[: src.size(1)])
        state = memory.new_zeros(src.size(0), H)
        token = torch.full((src.size(0),), SOS, dtype=torch.long)
        logits = []
        for t in range(tgt.size(1)):
            context, self.last = self.attend(state + self.pos[t], memory, mask)
            state = torch.tanh(self.cell(torch.cat([state, context, self.emb[token]], dim=-1)))
            logits.append(self.out(torch.cat((state, context), -1)))
            token = tgt[:, t]
        return torch.stack(logits, dim=1)


def batch(n):
    src, tgt = torch.zeros(n, 6, dtype=torch.int64), torch.zeros(n, 6).long()
    for row in range(n):
        length = int(torch.randint(3, 7, ()))
        tokens = torch.randint(2, V, (length,))
        src[row, :length] = tokens
        tgt[row, :length] = tokens.flip(0)
    return src, tgt


model = Seq2Seq()
optimizer = torch.optim.Adamax(model.parameters(), lr=0.02)
scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda s: min(1.0, (s + 1) / 10))
for step in range(40):
    src, tgt = batch(32)
    logits = model(src, tgt)
    loss = F.cross_entropy(logits.transpose(1, 2), tgt, ignore_index=PAD)
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0, norm_type=2)
    optimizer.step()
    scheduler.step()
    if step % 10 == 9:
        right = (logits.argmax(-1) == tgt)[tgt != PAD].float().mean()
        print(f"{step} {loss.item():.3f} {right.item():.3f} {model.last.sum(-1).mean():.2f}")
