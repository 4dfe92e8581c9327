"""Linear and softmax regression from scratch: generators of batches, in-place updates, no nn."""

import random

import torch

random.seed(1)
torch.manual_seed(1)


def synthetic_data(w, b, num_examples):
    X = torch.normal(0, 1, (num_examples, len(w)))
    y = torch.matmul(X, w) + b
    y += torch.normal(0, 0.01, y.shape)
    return X, y.reshape((-1, 1))


def data_iter(batch_size, features, labels):
    num_examples = len(features)
    indices = list(range(num_examples))
    random.shuffle(indices)
    for i in range(0, num_examples, batch_size):
        batch_indices = torch.tensor(indices[i : min(i + batch_size, num_examples)])
        yield features[batch_indices], labels[batch_indices]


def sgd(params, lr, batch_size):
    with torch.no_grad():
        for param in params:
            param -= lr * param.grad / batch_size
            param.grad.zero_()


true_w = torch.tensor([2, -3.4])
true_b = 4.2
features, labels = synthetic_data(true_w, true_b, 500)
print("features:", features[0], "\nlabel:", labels[0])
w = torch.normal(0, 0.01, size=(2, 1), requires_grad=True)
b = torch.zeros(1, requires_grad=True)
for epoch in range(3):
    for X, y in data_iter(10, features, labels):
        loss = (torch.matmul(X, w) + b - y.reshape((X.shape[0], 1))) ** 2 / 2
        loss.sum().backward()
        sgd([w, b], 0.03, 10)
    with torch.no_grad():
        train_l = (torch.matmul(features, w) + b - labels) ** 2 / 2
        print(f"epoch {epoch + 1}, loss {float(train_l.mean()):f}")
print(f"error in estimating w: {(true_w - w.reshape(true_w.shape)).abs().max() < 0.01}")


def softmax(X):
    X_exp = torch.exp(X)
    partition = X_exp.sum(1, keepdim=True)
    return X_exp / partition


def cross_entropy(y_hat, y):
    return -torch.log(y_hat[range(len(y_hat)), y])


X = torch.normal(0, 1, (2, 5))
X_prob = softmax(X)
print(X_prob, X_prob.sum(1))
y = torch.tensor([0, 2])
y_hat = torch.tensor([[0.1, 0.3, 0.6], [0.3, 0.2, 0.5]])
print(y_hat[[0, 1], y], cross_entropy(y_hat, y))
cmp = y_hat.argmax(axis=1).type(y.dtype) == y
print(float(cmp.type(y.dtype).sum()) / len(y))
W = torch.normal(0, 0.1, size=(20, 5), requires_grad=True)
c = torch.zeros(5, requires_grad=True)
data = torch.rand((200, 20))
target = data[:, :5].argmax(dim=1)
for epoch in range(15):
    l = cross_entropy(softmax(torch.matmul(data.reshape((-1, W.shape[0])), W) + c), target)
    l.sum().backward()
    sgd([W, c], 1.0, 200)
print(f"{l.mean().item():.4f}", (softmax(data @ W + c).argmax(1) == target).sum())
