"""Decodes a recording with NumPy, the way Python's readers of event files do; prints processor time of the best of some runs.

python3 events_numpy.py FORMAT FILE HEADER_BYTES RUNS
"""
import json, sys, time
import numpy as np

form, path, header, runs = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
raw = open(path, 'rb').read()
record = np.dtype([('t', 'i8'), ('x', 'u2'), ('y', 'u2'), ('p', 'u1')])


def structured(t, x, y, p):
    out = np.empty(len(t), record)
    out['t'], out['x'], out['y'], out['p'] = t, x, y, p
    return out


def evt2():
    w = np.frombuffer(raw, '<u4', offset=header)
    kind = w >> 28
    high = np.maximum.accumulate(np.where(kind == 8, np.arange(len(w)), 0))
    base = (w[high] & 0xFFFFFFF).astype(np.int64) << 6
    keep = kind < 2
    w, base = w[keep], base[keep]
    return structured(base | (w >> 22 & 63), w >> 11 & 2047, w & 2047, w >> 28)


def aedat2():
    a = np.frombuffer(raw, '>u4', offset=header).reshape(-1, 2)
    a = a[(a[:, 0] & 0xFFFF8000) == 0]
    return structured(a[:, 1], a[:, 0] >> 1 & 127, a[:, 0] >> 8 & 127, a[:, 0] & 1)


def atis():
    a = np.frombuffer(raw, np.uint8, offset=header).reshape(-1, 5)
    return structured((a[:, 2].astype(np.uint32) & 127) << 16 | a[:, 3].astype(np.uint32) << 8 | a[:, 4], a[:, 0], a[:, 1], a[:, 2] >> 7)


def dat():
    a = np.frombuffer(raw, '<u4', offset=header).reshape(-1, 2)
    return structured(a[:, 0], a[:, 1] & 0x3FFF, a[:, 1] >> 14 & 0x3FFF, a[:, 1] >> 28 & 1)


decode = {'EVT2': evt2, 'AEDAT 2.0': aedat2, 'ATIS .bin': atis, 'DAT': dat}[form]
best, count = float('inf'), 0
for _ in range(runs):
    start = time.process_time()
    count = len(decode())
    best = min(best, time.process_time() - start)
print(json.dumps({'seconds': best, 'events': count}))
