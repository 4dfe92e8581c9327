"""An autoencoder with a bottleneck of two, noise on its input, and a learning-rate plateau."""

import torch
from torch import nn
from torch.optim.lr_scheduler import ReduceLROnPlateau
from torch.utils.data import DataLoader, Dataset, random_split


class Circles(Dataset):
    def __init__(self, n):
        t = torch.linspace(0, 6.28, n)
        self.x = torch.stack(
            [torch.cos(t), torch.sin(t), torch.cos(2 * t), torch.sin(2 * t)], dim=1
        )

    def __len__(self):
        return len(self.x)

    def __getitem__(self, idx):
        return {"clean": self.x[idx], "index": idx}


class Autoencoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(4, 12), nn.ELU(), nn.Linear(12, 2), nn.Tanh())
        self.decoder = nn.Sequential(nn.Linear(2, 12), nn.SiLU(), nn.Linear(12, 4))

    def forward(self, x):
        return self.decoder(self.encoder(x))


torch.manual_seed(11)
dataset = Circles(220)
train, valid = random_split(dataset, [200, 20], generator=torch.Generator().manual_seed(42))
print(len(train), len(valid), valid.indices[:5])
loader = DataLoader(train, batch_size=32, shuffle=True, drop_last=True)
model = Autoencoder()
optimizer = torch.optim.NAdam(model.parameters(), lr=0.02)
scheduler = ReduceLROnPlateau(optimizer, "min", factor=0.5, patience=1)
for epoch in range(8):
    model.train()
    for batch in loader:
        x = batch["clean"]
        loss = nn.functional.huber_loss(model(x + 0.1 * torch.randn_like(x)), x)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.inference_mode():
        val = sum(
            nn.functional.mse_loss(model(b["clean"]), b["clean"], reduction="sum")
            for b in DataLoader(valid, batch_size=7)
        ) / len(valid)
    scheduler.step(val)
    print(f"{epoch} loss {loss:.4f} val {val.item():.4f} lr {optimizer.param_groups[0]['lr']:.4f}")
print(model)
