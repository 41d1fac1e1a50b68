"""Writes ecf.json: events as Prophesee's HDF5 files hold them, CD/events packed by ECF (filter 36559), in each way of packing.

Run: python3 make-ecf.py     (numpy 2.4, h5py 3.16)
The packing follows the description in src/events/formats/ecf.ts; each chunk is written as it is (H5Dwrite_chunk). The file stands there gzipped, in base64.
"""
import base64, gzip, json, os, struct, tempfile
import h5py, numpy as np
from h5py import h5d, h5p, h5s, h5t, h5z

here = os.path.dirname(os.path.abspath(__file__))
chunk = 256
event = np.dtype({'names': ['x', 'y', 'p', 't'], 'formats': ['<u2', '<u2', '<i2', '<i8'], 'offsets': [0, 2, 4, 8], 'itemsize': 16})


def runs(values):
    """Pairs of a value and how often it follows."""
    at = 0
    while at < len(values):
        n = 1
        while at + n < len(values) and values[at + n] == values[at]:
            n += 1
        yield int(values[at]), n
        at += n


def pack_times(t):
    out, now = struct.pack('<Q', int(t[0])), int(t[0])
    for value, n in runs(t):
        step = max(0, value - now)
        now = max(now, value)
        if step >= 15:
            while step:
                out += bytes([0xf0 | step & 15])
                step >>= 4
        out += bytes([step << 4 | n]) if n < 15 else struct.pack('<BH', step << 4 | 15, n)
    return out


def pack_quads(values, bits, code):
    values = [int(value) for value in values] + [0] * (-len(values) % 4)
    part, out = bits // 4, b''
    for a, b, c, d in zip(*(values[i::4] for i in range(4))):
        mask = (1 << bits) - 1
        words = (a << part | b & (1 << part) - 1, b >> part << 2 * part | c & (1 << 2 * part) - 1, c >> 2 * part << 3 * part | d)
        out += struct.pack('<3' + code, *(word & mask for word in words))
    return out


def pack_masks(x):
    out, at = b'', 0
    while at < len(x):
        first, mask = int(x[at]), 0
        at += 1
        for i in range(5):
            if at < len(x) and x[at] == first + 1 + i:
                mask |= 16 >> i
                at += 1
        out += struct.pack('<H', first << 5 | mask)
    return out


def pack(events, how):
    t, x, y, p = (events[name].astype(np.int64) for name in 'txyp')
    out = struct.pack('<I', len(events) << 2 | {'yxp': 2, 'xp': 1, 'masks': 0}[how]) + pack_times(t)
    if how == 'yxp':
        return out + pack_quads(y << 12 | x << 1 | p, 32, 'I')
    for value, n in runs(y):
        out += struct.pack('<H', value << 5 | n) if n < 31 else struct.pack('<HH', value << 5 | 31, n)
    if how == 'xp':
        return out + pack_quads(x << 1 | p, 16, 'H')
    out += pack_masks(x)
    for value, n in runs(p):
        out += bytes([value << 7 | n]) if n < 127 else struct.pack('<BH', value << 7 | 127, n)
    return out


def make():
    rng = np.random.default_rng(1)
    n = 3 * chunk + 100
    events = np.zeros(n, event)
    # Steps of 0, of one byte and of up to 40 bits; long runs of times, rows and polarities in the second and third chunk.
    steps = rng.choice([0, 0, 1, 14, 15, 16, 300, 2 ** 20, 2 ** 40 + 15], n)
    steps[chunk:chunk + 60] = steps[2 * chunk:2 * chunk + 20] = 0
    events['t'] = 5_000_000_000 + np.cumsum(steps)
    events['x'] = rng.integers(0, 1280, n)
    events['y'] = rng.integers(0, 720, n)
    events['p'] = rng.integers(0, 2, n)
    events['y'][chunk:] = np.repeat(events['y'][chunk:], 40)[:n - chunk]
    # Events side by side, with gaps.
    events['x'][2 * chunk:] = 100 + np.cumsum(rng.integers(1, 4, n - 2 * chunk)) % 1100
    events['p'][2 * chunk:2 * chunk + 200] = 1
    return events


def write(path, events, libver, whole):
    with h5py.File(path, 'w', libver=libver) as f:
        f.attrs['version'], f.attrs['geometry'] = '1.0', '1280x720'
        how = h5p.create(h5p.DATASET_CREATE)
        how.set_chunk((chunk,))
        how.set_filter(36559, h5z.FLAG_OPTIONAL, ())
        data = h5d.create(f.create_group('CD').id, b'events', h5t.py_create(event), h5s.create_simple((len(events),), (h5s.UNLIMITED,)), how)
        for i, at in enumerate(range(0, len(events), chunk)):
            part = events[at:at + chunk]
            if whole:
                part = np.concatenate([part, np.zeros(chunk - len(part), event)])
            data.write_direct_chunk((at,), pack(part, ('yxp', 'xp', 'masks', 'masks')[i]), 0)


if __name__ == '__main__':
    events, files = make(), {}
    # Prophesee's writer ends the last chunk with the recording, HDF5 itself fills it.
    for name, libver, whole in (('as OpenEB writes', 'earliest', False), ('as HDF5 2 writes', 'latest', True)):
        path = os.path.join(tempfile.mkdtemp(), 'ecf.h5')
        write(path, events, libver, whole)
        files[name] = base64.b64encode(gzip.compress(open(path, 'rb').read(), mtime=0)).decode()
    out = {
        '_about': {'generator': 'make-ecf.py', 'numpy': np.__version__, 'h5py': h5py.__version__},
        'files': files,
        'events': {name: events[name].tolist() for name in 'txyp'},
    }
    with open(os.path.join(here, 'ecf.json'), 'w') as f:
        json.dump(out, f)
        f.write('\n')
