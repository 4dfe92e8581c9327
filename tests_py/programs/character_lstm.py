"""A character LSTM: train on a line, then let it write; also on padded, packed names."""

import torch
import torch.nn as nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

torch.manual_seed(1)
text = "the quick brown fox jumps over the lazy dog. " * 6
chars = sorted(set(text))
stoi = {c: i for i, c in enumerate(chars)}
data = torch.tensor([stoi[c] for c in text])


class CharLSTM(nn.Module):
    def __init__(self, vocab, width=16, hidden=24, layers=2):
        super().__init__()
        self.embed = nn.Embedding(vocab, width)
        self.lstm = nn.LSTM(width, hidden, layers, dropout=0.1, batch_first=True)
        self.head = nn.Linear(hidden, vocab)

    def forward(self, x, state=None):
        out, state = self.lstm(self.embed(x), state)
        return self.head(out), state


model = CharLSTM(len(chars))
print(model)
print(sum(p.numel() for p in model.parameters()))
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
criterion = nn.CrossEntropyLoss()
state = None
for step in range(12):
    start = step * 16 % 200
    x = data[start : start + 32].view(2, 16)
    y = data[start + 1 : start + 33].view(2, 16)
    if state is not None:
        state = tuple(s.detach() for s in state)
    logits, state = model(x, state)
    loss = criterion(logits.reshape(-1, len(chars)), y.reshape(-1))
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    if step % 3 == 0:
        print(f"step {step} loss {loss.item():.4f}")

model.eval()
with torch.no_grad():
    out, state = [stoi["t"]], None
    for _ in range(12):
        logits, state = model(torch.tensor([[out[-1]]]), state)
        out.append(int(logits[0, -1].argmax()))
print("".join(chars[i] for i in out))

# Names of different lengths through a bidirectional GRU.
names = [torch.randint(1, 9, (n,)) for n in (5, 3, 7)]
lengths = torch.tensor([len(n) for n in names])
table = nn.Embedding(9, 6, padding_idx=0)
gru = nn.GRU(6, 4, bidirectional=True)
padded = pad_sequence(names)
packed = pack_padded_sequence(table(padded), lengths, enforce_sorted=False)
output, last = gru(packed)
output, back = pad_packed_sequence(output)
print(output.shape, back.tolist(), f"{output.sum().item():.4f} {last.sum().item():.4f}")
output.sum().backward()
print(f"{table.weight.grad.abs().sum().item():.4f}", table.weight.grad[0].tolist())
