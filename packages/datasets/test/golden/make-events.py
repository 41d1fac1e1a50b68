"""Writes recordings.json (facts of the recordings in the folder of real data) and event-files.json (small files made by other programs).

Run: python3 make-events.py FOLDER_WITH_events     (numpy 2.4, h5py 3.16, scipy 1.17, lz4 4.4, zstandard 0.25)
The decoders here are written apart from ours, in another language, from the descriptions of the formats.
"""
import base64, hashlib, io, json, os, struct, sys, tempfile
import h5py, lz4.frame, numpy, scipy.io, zstandard
import numpy as np

folder = sys.argv[1]
here = os.path.dirname(os.path.abspath(__file__))


def facts(t, x, y, p):
    t, x, y, p = (np.asarray(a) for a in (t, x, y, p))
    w = np.arange(len(t)) % 97 + 1
    return {'count': len(t), 'first': float(t[0]), 'last': float(t[-1]), 'sums': [int((np.asarray(a).astype(np.int64) * w).sum() % 2**40) for a in (t, x, y, p)]}


def skip(data, mark):
    at = 0
    while data[at:at + len(mark)] == mark:
        at = data.index(b'\n', at) + 1
    return at


def aedat2(data, xs, xm, ys, ym, ps, other):
    at = skip(data, b'#')
    a = np.frombuffer(data, '>u4', offset=at, count=(len(data) - at) // 8 * 2).reshape(-1, 2)
    a = a[(a[:, 0] & other) == 0]
    return a[:, 1].astype(np.int64), a[:, 0] >> xs & xm, a[:, 0] >> ys & ym, a[:, 0] >> ps & 1


def evt2(data):
    w = np.frombuffer(data, '<u4', offset=skip(data, b'% '))
    high, out = None, []
    for v in w.tolist():
        k = v >> 28
        if k == 8:
            high = (v & 0xfffffff) << 6
        elif k < 2 and high is not None:
            out.append((high | v >> 22 & 63, v >> 11 & 2047, v & 2047, k))
    return np.array(out, np.int64).T


def evt3(data):
    at = skip(data, b'% ')
    w = np.frombuffer(data, '<u2', offset=at, count=(len(data) - at) // 2)
    high, low, y, base, pol, out = 0, 0, 0, 0, 0, []
    for v in w.tolist():
        k, v = v >> 12, v & 0xfff
        if k == 0: y = v & 2047
        elif k == 2: out.append((high << 12 | low, v & 2047, y, v >> 11))
        elif k == 3: base, pol = v & 2047, v >> 11
        elif k in (4, 5):
            for i in range(12 if k == 4 else 8):
                if v >> i & 1: out.append((high << 12 | low, base + i, y, pol))
            base += 12 if k == 4 else 8
        elif k == 6: low = v
        elif k == 8:
            if v != high: low = 0
            high = v
    return np.array(out, np.int64).T


def es(data):
    at, t, out = 20, 0, []
    while at < len(data):
        b = data[at]
        if b >> 1 == 127:
            t += 127 if b & 1 else 0
            at += 1
            continue
        t += b >> 1
        x, y = struct.unpack_from('<HH', data, at + 1)
        out.append((t, x, y, b & 1))
        at += 5
    return np.array(out, np.int64).T


def aedat4(data):
    at = 14
    size = struct.unpack_from('<I', data, at)[0]
    head = data[at:at + 4 + size]
    root = 4 + struct.unpack_from('<I', head, 4)[0]
    vt = root - struct.unpack_from('<i', head, root)[0]
    end = struct.unpack_from('<q', head, root + struct.unpack_from('<H', head, vt + 6)[0])[0]
    at += 4 + size
    out = []
    while at < end:
        stream, size = struct.unpack_from('<ii', data, at)
        packet = lz4.frame.decompress(data[at + 8:at + 8 + size])
        at += 8 + size
        if packet[8:12] != b'EVTS': continue
        root = 4 + struct.unpack_from('<I', packet, 4)[0]
        vt = root - struct.unpack_from('<i', packet, root)[0]
        field = root + struct.unpack_from('<H', packet, vt + 4)[0]
        vec = field + struct.unpack_from('<I', packet, field)[0]
        n = struct.unpack_from('<I', packet, vec)[0]
        out.append(np.frombuffer(packet, np.dtype([('t', '<i8'), ('x', '<i2'), ('y', '<i2'), ('p', 'u1'), ('_', '3u1')]), count=n, offset=vec + 4))
    e = np.concatenate(out)
    return e['t'], e['x'], e['y'], e['p']


def dat(data):
    at = skip(data, b'%') + 2
    a = np.frombuffer(data, '<u4', offset=at).reshape(-1, 2)
    return a[:, 0].astype(np.int64), a[:, 1] & 0x3fff, a[:, 1] >> 14 & 0x3fff, a[:, 1] >> 28 & 1


def atis(data):
    a = np.frombuffer(data, 'u1').reshape(-1, 5).astype(np.int64)
    return (a[:, 2] & 127) << 16 | a[:, 3] << 8 | a[:, 4], a[:, 0], a[:, 1], a[:, 2] >> 7


def stmnist(path):
    s = scipy.io.loadmat(path)['spiketrain']
    columns, rows = np.nonzero(s[:100].T)
    return s[100, columns] * 1e6, rows % 10, rows // 10, (s[rows, columns] > 0).astype(int)


read = lambda name: open(os.path.join(folder, name), 'rb').read()
dvs = (1, 127, 8, 127, 0, 0xffff8000)
davis = (12, 1023, 22, 511, 11, 0x80000400)
recordings = {
    'prophesee/evt3_gen41.raw': facts(*evt3(read('prophesee/evt3_gen41.raw'))),
    'prophesee/evt2_gen3.raw': facts(*evt2(read('prophesee/evt2_gen3.raw'))),
    **{f: facts(*aedat2(read(f), *dvs)) for f in ('aedat2-dvs128/caixa_box.aedat', 'aedat2-dvs128/lapiseira_pencil.aedat', 'aedat2-dvs128/tesoura_scissors.aedat')},
    **{f: facts(*aedat2(read(f), *davis)) for f in ('aedat2-davis240/IMU_translBoxes.aedat', 'aedat2-davis240/lips_s16-bbad8s.aedat')},
    'aedat2-cochlea/s16-bbad8s.aedat': facts(*aedat2(read('aedat2-cochlea/s16-bbad8s.aedat'), 2, 63, 1, 1, 0, 0xffffff00)),
    'aedat4/sample.aedat4': facts(*aedat4(read('aedat4/sample.aedat4'))),
    'event-stream/dvs.es': facts(*es(read('event-stream/dvs.es'))),
    'ncars/sample_ncars_td.dat': facts(*dat(read('ncars/sample_ncars_td.dat'))),
    'st-mnist/sample_stmnist.mat': facts(*stmnist(os.path.join(folder, 'st-mnist/sample_stmnist.mat'))),
}
digest = hashlib.sha256()
count = 0
for top, _, names in sorted(os.walk(os.path.join(folder, 'nmnist'))):
    for name in sorted(n for n in names if n.endswith('.bin')):
        t, x, y, p = atis(open(os.path.join(top, name), 'rb').read())
        count += 1
        for a, kind in ((t, '<f8'), (x, '<u2'), (y, '<u2'), (p, 'u1')): digest.update(np.asarray(a).astype(kind).tobytes())
recordings['nmnist'] = {'files': count, 'sha256 of t float64, x and y uint16, p uint8 of each, by path': digest.hexdigest()}


def encoded(save):
    with tempfile.TemporaryDirectory() as d:
        path = os.path.join(d, 'file')
        save(path)
        found = [os.path.join(d, n) for n in os.listdir(d)][0]
        return base64.b64encode(open(found, 'rb').read()).decode()


rng = np.random.default_rng(5)
n = 50
t = np.sort(rng.integers(0, 10**6, n)) + 5 * 10**9
x, y, p = rng.integers(0, 240, n), rng.integers(0, 180, n), rng.integers(0, 2, n)
lists = {'t': t.tolist(), 'x': x.tolist(), 'y': y.tolist(), 'p': p.tolist()}
records = np.array(list(zip(t, x, y, p)), dtype=[('t', '<i8'), ('x', '<i2'), ('y', '<i2'), ('p', '?')])
packets = np.empty(3, dtype=object)
rows = list(zip(*lists.values()))
for i, part in enumerate((rows[:10], rows[10:30], rows[30:])): packets[i] = [tuple(r) for r in part]
typed = np.empty(2, dtype=object)
for i, part in enumerate((slice(0, 20), slice(20, None))): typed[i] = [(t[k], np.int16(x[k]), np.uint16(y[k]), bool(p[k])) for k in range(n)[part]]
pos, neg = (np.stack([y, x, t - 5 * 10**9], 1)[p == v].astype(np.int32) for v in (1, 0))


def dsec(path):
    with h5py.File(path, 'w') as f:
        for name, a, kind in (('t', t - 5 * 10**9, 'u4'), ('x', x, 'u2'), ('y', y, 'u2'), ('p', p, 'u1')):
            f.create_dataset(f'events/{name}', data=a.astype(kind), compression='gzip', chunks=(16,))
        f['t_offset'] = np.int64(5 * 10**9)


def prophesee(path):
    with h5py.File(path, 'w') as f:
        f.create_dataset('CD/events', data=np.array(rows, dtype=[('t', '<i8'), ('x', '<u2'), ('y', '<u2'), ('p', '<i2')])[['x', 'y', 'p', 't']])


def mvsec(path):
    with h5py.File(path, 'w') as f:
        f.create_dataset('davis/left/events', data=np.stack([x, y, (t - 5 * 10**9) / 1e6, p * 2 - 1], 1).astype(np.float64), compression='gzip')


def tidigits(path):
    with h5py.File(path, 'w') as f:
        for split, names in (('train', ['man-ae-a-1', 'man-ae-a-12', 'woman-xx-b-z']), ('test', ['man-im-a-o', 'man-im-a-7557'])):
            f[f'{split}_labels'] = np.array([n.encode() for n in names])
            for i, n in enumerate(names):
                f[f'{split}_addresses/{n}'] = np.array([5, 63, i], np.int16)
                f[f'{split}_timestamps/{n}'] = np.array([0.1, 0.2, 0.25 + i], np.float64)


def shd(path):
    with h5py.File(path, 'w') as f:
        g = f.create_group('spikes')
        times = g.create_dataset('times', (3,), dtype=h5py.vlen_dtype(np.float16))
        units = g.create_dataset('units', (3,), dtype=h5py.vlen_dtype(np.uint16))
        for i, (a, b) in enumerate((([0.0010004, 0.5, 0.75], [1, 699, 3]), ([0.25], [7]), ([], []))):
            times[i], units[i] = np.array(a, np.float16), np.array(b, np.uint16)
        f['labels'] = np.array([3, 19, 0], np.uint16)
        e = f.create_group('extra')
        e['keys'] = np.array([b'zero', b'one'], dtype='S21')
        e['speaker'] = np.array([4, 5, 4], np.uint16)


out = {
    'events': lists,
    'records.npy': encoded(lambda f: np.save(f, records)),
    'packets.npy': encoded(lambda f: np.save(f, packets, allow_pickle=True)),
    'typed.npy': encoded(lambda f: np.save(f, typed, allow_pickle=True)),
    'rows.npy': encoded(lambda f: np.save(f, np.stack([x, y, p, t], 1).astype(np.float64))),
    'spikingjelly.npz': encoded(lambda f: np.savez_compressed(f, t=t, x=x.astype(np.uint16), y=y.astype(np.uint16), p=p.astype(bool))),
    'es-imagenet.npz': encoded(lambda f: np.savez(f, pos=pos, neg=neg)),
    'asl-dvs.mat': encoded(lambda f: scipy.io.savemat(f, {'ts': t[:, None].astype(float), 'x': x[:, None].astype(float), 'y': y[:, None].astype(np.uint8), 'pol': p[:, None].astype(np.uint8), 'note': 'text'}, do_compression=True)),
    'dsec.h5': encoded(dsec),
    'prophesee.h5': encoded(prophesee),
    'shd.h5': encoded(shd),
    'mvsec.h5': encoded(mvsec),
    'n-tidigits.h5': encoded(tidigits),
    'zstd': base64.b64encode(zstandard.compress(bytes(range(64)) * 200 + bytes(5000))).decode(),
    'lz4': base64.b64encode(lz4.frame.compress(bytes(range(64)) * 200 + bytes(5000), block_size=lz4.frame.BLOCKSIZE_MAX64KB, block_linked=True)).decode(),
}
about = f'make-events.py: numpy {np.__version__}, h5py {h5py.__version__}, scipy {scipy.__version__}, lz4 {lz4.__version__}, zstandard {zstandard.__version__}'
for name, content in (('recordings', recordings), ('event-files', out)):
    with open(os.path.join(here, name + '.json'), 'w') as f:
        json.dump({'generator': about, **content}, f, indent=1)
        f.write('\n')
