"""A recurrent net from matrices: hidden state carried over, truncated backpropagation, sampling."""

import torch
import torch.nn as nn
import torch.nn.functional as F

text = "the quick brown fox jumps over the lazy dog and runs back to the den before the rain " * 6
chars = sorted(list(set(text)))
data_size, vocab_size = len(text), len(chars)
print("data has %d characters, %d unique." % (data_size, vocab_size))
char_to_ix = {ch: i for i, ch in enumerate(chars)}
ix_to_char = {i: ch for i, ch in enumerate(chars)}
torch.manual_seed(10)


class RNN(nn.Module):
    def __init__(self, input_size, hidden_size, output_size):
        super(RNN, self).__init__()
        self.hidden_size = hidden_size
        self.i2h = nn.Linear(input_size + hidden_size, hidden_size)
        self.h2o = nn.Linear(hidden_size, output_size)
        self.softmax = nn.LogSoftmax(dim=1)

    def forward(self, input, hidden):
        combined = torch.cat((input, hidden), 1)
        hidden = torch.tanh(self.i2h(combined))
        return self.softmax(self.h2o(hidden)), hidden

    def initHidden(self):
        return torch.zeros(1, self.hidden_size)


def one_hot(ix):
    x = torch.zeros(1, vocab_size)
    x[0][ix] = 1
    return x


rnn = RNN(vocab_size, 32, vocab_size)
criterion = nn.NLLLoss()
optimizer = torch.optim.Adagrad(rnn.parameters(), lr=0.05)
hidden, smooth = rnn.initHidden(), None
for start in range(0, 20 * 12, 12):
    hidden = hidden.detach()
    loss = torch.zeros(1)
    for k in range(12):
        x = one_hot(char_to_ix[text[start + k]])
        target = torch.LongTensor([char_to_ix[text[start + k + 1]]])
        output, hidden = rnn(x, hidden)
        loss += criterion(output, target)
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(rnn.parameters(), 5.0)
    optimizer.step()
    smooth = loss.item() if smooth is None else smooth * 0.9 + loss.item() * 0.1
    if start % 60 == 0:
        print(f"iter {start // 12}, loss: {smooth:.3f}")

with torch.no_grad():
    x, h, drawn = one_hot(0), rnn.initHidden(), []
    for _ in range(20):
        output, h = rnn(x, h)
        weights = F.softmax(output / 0.8, dim=-1).squeeze()
        ix = torch.multinomial(weights, 1)[0]
        drawn.append(ix.item())
        x = one_hot(ix)
print("".join(ix_to_char[i] for i in drawn))
