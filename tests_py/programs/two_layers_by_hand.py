"""A two-layer network from tensors alone, its gradients derived by hand, then by autograd."""

import torch

dtype = torch.float
device = torch.device("cpu")
torch.manual_seed(0)
N, D_in, H, D_out = 64, 100, 30, 10
x = torch.randn(N, D_in, device=device, dtype=dtype)
y = torch.randn(N, D_out, device=device, dtype=dtype)
w1 = torch.randn(D_in, H, device=device, dtype=dtype)
w2 = torch.randn(H, D_out, device=device, dtype=dtype)
v1, v2 = w1.clone().requires_grad_(True), w2.clone().requires_grad_()

learning_rate = 1e-6
for t in range(101):
    h = x.mm(w1)
    h_relu = h.clamp(min=0)
    y_pred = h_relu.mm(w2)
    loss = (y_pred - y).pow(2).sum().item()
    if t % 25 == 0:
        print(t, f"{loss:.2f}")
    grad_y_pred = 2.0 * (y_pred - y)
    grad_w2 = h_relu.t().mm(grad_y_pred)
    grad_h_relu = grad_y_pred.mm(w2.t())
    grad_h = grad_h_relu.clone()
    grad_h[h < 0] = 0
    grad_w1 = x.t().mm(grad_h)
    w1 -= learning_rate * grad_w1
    w2 -= learning_rate * grad_w2

for t in range(101):
    y_pred = x.mm(v1).clamp(min=0).mm(v2)
    loss = (y_pred - y).pow(2).sum()
    loss.backward()
    with torch.no_grad():
        v1 -= learning_rate * v1.grad
        v2 -= learning_rate * v2.grad
        v1.grad.zero_()
        v2.grad.zero_()
print(f"{loss.item():.2f}", torch.allclose(w1, v1, atol=1e-4), torch.allclose(w2, v2, atol=1e-4))
