"""A graph convolution on two communities: normalised adjacency, semi-supervised by masks."""

import math

import torch
import torch.nn.functional as F
from torch import nn


class GraphConvolution(nn.Module):
    def __init__(self, in_features, out_features, bias=True):
        super(GraphConvolution, self).__init__()
        self.in_features = in_features
        self.out_features = out_features
        self.weight = nn.Parameter(torch.FloatTensor(in_features, out_features))
        if bias:
            self.bias = nn.Parameter(torch.FloatTensor(out_features))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def reset_parameters(self):
        stdv = 1.0 / math.sqrt(self.weight.size(1))
        self.weight.data.uniform_(-stdv, stdv)
        if self.bias is not None:
            self.bias.data.uniform_(-stdv, stdv)

    def forward(self, input, adj):
        output = torch.mm(adj, torch.mm(input, self.weight))
        return output if self.bias is None else output + self.bias

    def __repr__(self):
        return (
            self.__class__.__name__
            + " ("
            + str(self.in_features)
            + " -> "
            + str(self.out_features)
            + ")"
        )


torch.manual_seed(42)
n = 40
block = torch.kron(torch.eye(2), torch.ones(n // 2, n // 2))
adj = torch.bernoulli(block * 0.25 + 0.03)
adj = ((adj + adj.T + torch.eye(n)) > 0).float()
deg = adj.sum(1).pow(-0.5)
adj = torch.diag(deg) @ adj @ torch.diag(deg)
labels = torch.arange(n) // (n // 2)
train_idx = torch.LongTensor([0, 5, 25, 33])
features = torch.eye(n)


class GCN(nn.Module):
    def __init__(self, nfeat, nhid, nclass, dropout):
        super().__init__()
        self.gc1 = GraphConvolution(nfeat, nhid)
        self.gc2 = GraphConvolution(nhid, nclass, bias=False)
        self.dropout = dropout

    def forward(self, x, adj):
        x = F.relu(self.gc1(x, adj))
        x = F.dropout(x, self.dropout, training=self.training)
        return F.log_softmax(self.gc2(x, adj), dim=1)


model = GCN(n, 16, labels.max().item() + 1, 0.5)
print(model, adj.sum())
optimizer = torch.optim.Adam(model.parameters(), lr=0.02, weight_decay=5e-4)
for epoch in range(40):
    model.train()
    optimizer.zero_grad()
    output = model(features, adj)
    loss = F.nll_loss(output[train_idx], labels[train_idx])
    loss.backward()
    optimizer.step()
    if epoch % 10 == 9:
        model.eval()
        preds = model(features, adj).max(1)[1].type_as(labels)
        correct = preds.eq(labels).double().sum()
        print(
            "Epoch: {:04d}".format(epoch + 1),
            "loss: {:.4f}".format(loss.item()),
            "acc: {:.2f}".format(correct / n),
        )
src, dst = adj.nonzero().t()
message = torch.zeros(n, 1).index_add(0, dst, torch.ones(len(src), 1))
print(
    message.flatten()[:5], message.scatter_reduce(0, torch.zeros(n, 1).long(), message, "amax")[0]
)
