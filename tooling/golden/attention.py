"""Golden values of attention layers, written from their equations with PyTorch modules, in float64:
pip install torch==2.13.0; python attention.py > packages/nn/test/golden/attention.json"""
import json, torch
from torch import nn
torch.manual_seed(1)
torch.set_default_dtype(torch.float64)

def rounded(t):
    with torch.no_grad():
        t.copy_((t * 16).round() / 16)
    return t

def plain(t):
    return {'shape': list(t.shape), 'data': [round(x, 12) for x in t.detach().flatten().tolist()]}

class Gate(nn.Module):
    """sigma(MLP(avg) + MLP(max)) over axis 1 of [N, S, ..]"""
    def __init__(self, size, reduction):
        super().__init__()
        self.mlp = nn.Sequential(nn.Linear(size, size // reduction, bias=False), nn.ReLU(), nn.Linear(size // reduction, size, bias=False))
    def forward(self, x):
        flat = x.flatten(2)
        gate = torch.sigmoid(self.mlp(flat.mean(2)) + self.mlp(flat.amax(2)))
        return x * gate.reshape(*gate.shape, *[1] * (x.dim() - 2))

def dimensional():
    T, N, C, H, W = 4, 2, 6, 3, 4
    time, channel, space = Gate(T, 2), Gate(C, 3), nn.Conv2d(2, 1, 3, padding=1, bias=False)
    x = torch.randn(T, N, C, H, W, requires_grad=True)
    by_time = time(x.transpose(0, 1)).transpose(0, 1)
    by_channel = channel(by_time.permute(1, 2, 0, 3, 4)).permute(2, 0, 1, 3, 4)
    flat = by_channel.transpose(0, 1).flatten(1, 2)
    mask = torch.sigmoid(space(torch.stack([flat.mean(1), flat.amax(1)], 1)))
    y = torch.relu(by_channel * mask[None])
    weights = torch.randn_like(y)
    (y * weights).sum().backward()
    return {'x': plain(x), 'y': plain(y), 'temporal': plain(by_time), 'loss_weights': plain(weights), 'dx': plain(x.grad),
            'weights': {'temporal.squeeze': plain(time.mlp[0].weight), 'temporal.excite': plain(time.mlp[2].weight), 'channel.squeeze': plain(channel.mlp[0].weight),
                        'channel.excite': plain(channel.mlp[2].weight), 'spatial.weight': plain(space.weight)}}

def lif(xs, threshold):
    """tau = 2, hard reset to 0"""
    v, out = torch.zeros_like(xs[0]), []
    for x in xs:
        v = v + (x - v) / 2
        s = (v >= threshold).to(v)
        v = v * (1 - s)
        out.append(s)
    return torch.stack(out)

class Projection(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv, self.norm = nn.Conv1d(inputs, outputs, 1, bias=False), nn.BatchNorm1d(outputs)
        rounded(self.conv.weight)
        for t, low, high in ((self.norm.weight, 1.5, 3), (self.norm.bias, 0.5, 3), (self.norm.running_mean, -0.5, 0.5), (self.norm.running_var, 0.5, 1.5)):
            rounded(nn.init.uniform_(t, low, high))
        self.eval()
    def forward(self, x):
        return lif(torch.stack([self.norm(self.conv(step)) for step in x]), 1)
    def arrays(self, name):
        n = self.norm
        return {f'{name}.conv.weight': plain(self.conv.weight), f'{name}.norm.weight': plain(n.weight), f'{name}.norm.bias': plain(n.bias),
                f'{name}.norm.mean': plain(n.running_mean), f'{name}.norm.variance': plain(n.running_var)}

def spiking(kind):
    T, N, C, L, heads = 4, 2, 8, 5, 2
    x = (torch.rand(T, N, C, L) > 0.5).double()
    parts = 3 if kind == 'self' else 2
    first, last = Projection(C, parts * C), Projection(C, C)
    q, k, *v = [p.reshape(T, N, heads, C // heads, L) for p in first(x).chunk(parts, 2)]
    if kind == 'self':
        kernel = v[0] @ k.transpose(-1, -2) @ q * 0.125
        middle = lif(kernel, 0.5)
    else:
        middle = k * lif(q.sum(3 if kind == 'token' else 4, keepdim=True), 0.5)
    y = last(middle.reshape(T, N, C, L))
    case = {'x': plain(x), 'y': plain(y), 'middle': plain(middle.reshape(T, N, C, L)), 'weights': {**first.arrays('qkv' if kind == 'self' else 'qk'), **last.arrays('out')}}
    if kind == 'self':
        case.update(q=plain(q.reshape(T, N, C, L)), k=plain(k.reshape(T, N, C, L)), v=plain(v[0].reshape(T, N, C, L)), kernel=plain(kernel.reshape(T, N, C, L)))
    return case

print(json.dumps({'generator': 'tooling/golden/attention.py', 'version': f'torch {torch.__version__}', 'cases': {
    'multiDimensional': dimensional(), 'self': spiking('self'), 'token': spiking('token'), 'channel': spiking('channel')}}))
