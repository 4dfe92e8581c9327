"""An encoder and decoder that learn to turn a sequence round, from nn.Transformer's parts."""

import math

import torch
import torch.nn as nn

torch.manual_seed(2)
VOCAB, BOS, LENGTH = 12, 1, 5


class PositionalEncoding(nn.Module):
    def __init__(self, d_model, dropout=0.1, max_len=50):
        super().__init__()
        self.dropout = nn.Dropout(p=dropout)
        position = torch.arange(max_len).unsqueeze(1)
        div_term = torch.exp(torch.arange(0, d_model, 2) * (-math.log(10000.0) / d_model))
        pe = torch.zeros(max_len, 1, d_model)
        pe[:, 0, 0::2] = torch.sin(position * div_term)
        pe[:, 0, 1::2] = torch.cos(position * div_term)
        self.register_buffer("pe", pe)

    def forward(self, x):
        return self.dropout(x + self.pe[: x.size(0)])


class Reverser(nn.Module):
    def __init__(self, d_model=16):
        super().__init__()
        self.embed = nn.Embedding(VOCAB, d_model)
        self.positions = PositionalEncoding(d_model)
        self.transformer = nn.Transformer(
            d_model, nhead=2, num_encoder_layers=1, num_decoder_layers=1, dim_feedforward=32
        )
        self.head = nn.Linear(d_model, VOCAB)
        self.d_model = d_model

    def forward(self, src, tgt):
        mask = nn.Transformer.generate_square_subsequent_mask(tgt.size(0))
        src = self.positions(self.embed(src) * math.sqrt(self.d_model))
        tgt = self.positions(self.embed(tgt) * math.sqrt(self.d_model))
        return self.head(self.transformer(src, tgt, tgt_mask=mask))


model = Reverser()
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
print(sum(p.numel() for p in model.parameters() if p.requires_grad))
for step in range(10):
    src = torch.randint(2, VOCAB, (LENGTH, 8))
    tgt = torch.cat([torch.full((1, 8), BOS), src.flip(0)])
    logits = model(src, tgt[:-1])
    loss = nn.functional.cross_entropy(logits.reshape(-1, VOCAB), tgt[1:].reshape(-1))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 3 == 0:
        print(f"{step} {loss.item():.4f}")

model.eval()
attention = model.transformer.encoder.layers[0].self_attn
x = model.embed(torch.arange(2, 7)).unsqueeze(1)
with torch.no_grad():
    out, weights = attention(x, x, x)
print(out.shape, weights.shape, [f"{w:.4f}" for w in weights[0].max(-1).values.tolist()])
norm = nn.LayerNorm(16)
print(norm, f"{norm(x).std(unbiased=False).item():.3f}")
