"""Writes hdf5-filters.json: HDF5 files of DSEC's layout packed by filters that are not in the library, made without those filters themselves.

Run: python3 make-hdf5-filters.py     (numpy 2.4, h5py 3.16, blosc2 4.12, lz4 4.4, zstandard 0.25)
Each chunk is packed by a library of the codec and written as it is (H5Dwrite_chunk). The files stand there gzipped, in base64.
"""
import base64, bz2, gzip, json, os, struct, sys, tempfile
os.environ['BLOSC_BLOSC1_COMPAT'] = '1'
import blosc2, h5py, lz4.block, numpy as np, zstandard
from h5py import h5d, h5p, h5s, h5t, h5z

here = os.path.dirname(os.path.abspath(__file__))
n, chunk = 300, 128
rng = np.random.default_rng(1)
columns = {
    't': np.cumsum(rng.integers(0, 50, n)).astype('u4'),
    'x': np.repeat(rng.integers(0, 640, n // 5), 5).astype('u2'),
    'y': np.repeat(rng.integers(0, 480, n // 3), 3).astype('u2'),
    'p': rng.integers(0, 2, n).astype('u1'),
}


def packed(number, options, pack):
    path = os.path.join(tempfile.mkdtemp(), 'packed.h5')
    with h5py.File(path, 'w') as f:
        group = f.create_group('events')
        for name, values in columns.items():
            how = h5p.create(h5p.DATASET_CREATE)
            how.set_chunk((chunk,))
            how.set_filter(number, h5z.FLAG_OPTIONAL, options(values))
            data = h5d.create(group.id, name.encode(), h5t.py_create(values.dtype), h5s.create_simple((n,)), how)
            for at in range(0, n, chunk):
                part = np.zeros(chunk, values.dtype)
                part[:len(values[at:at + chunk])] = values[at:at + chunk]
                data.write_direct_chunk((at,), pack(part.tobytes(), values.itemsize), 0)
    return base64.b64encode(gzip.compress(open(path, 'rb').read(), mtime=0)).decode()


def blosc(codec, order):
    def pack(data, size):
        out = blosc2.compress(data, typesize=size, clevel=9, filter=order, codec=codec)
        # The layout is that of Blosc 1, which the first byte says in its way.
        return b'\x02' + out[1:]
    return packed(32001, lambda values: (2, 2, values.itemsize, chunk * values.itemsize, 9, 1, 0), pack)


def lz4_chunk(data, size):
    block = lz4.block.compress(data, store_size=False)
    if len(block) >= len(data):
        block = data
    return struct.pack('>QII', len(data), len(data), len(block)) + block


def lzf():
    path = os.path.join(tempfile.mkdtemp(), 'packed.h5')
    with h5py.File(path, 'w') as f:
        for name, values in columns.items():
            f.create_dataset(f'events/{name}', data=values, chunks=(chunk,), compression='lzf', shuffle=True)
    return base64.b64encode(gzip.compress(open(path, 'rb').read(), mtime=0)).decode()


codec, order = blosc2.Codec, blosc2.Filter
versions = {name: sys.modules[name].__version__ for name in ('numpy', 'h5py', 'blosc2', 'lz4', 'zstandard')}
out = {
    '_about': {'generator': 'make-hdf5-filters.py', **versions},
    'events': {name: values.tolist() for name, values in columns.items()},
    'files': {
        'blosc zstd shuffle': blosc(codec.ZSTD, order.SHUFFLE),
        'blosc lz4 bitshuffle': blosc(codec.LZ4, order.BITSHUFFLE),
        'blosc lz4hc': blosc(codec.LZ4HC, order.NOFILTER),
        'blosc blosclz shuffle': blosc(codec.BLOSCLZ, order.SHUFFLE),
        'lz4': packed(32004, lambda values: (0,), lz4_chunk),
        'zstd': packed(32015, lambda values: (3,), lambda data, size: zstandard.ZstdCompressor(level=3).compress(data)),
        'bzip2': packed(307, lambda values: (9,), lambda data, size: bz2.compress(data)),
        'lzf': lzf(),
    },
    'refused': {
        'blosc zlib': blosc(codec.ZLIB, order.SHUFFLE),
        'ECF': packed(36559, lambda values: (1,), lambda data, size: data),
        'filter 40000': packed(40000, lambda values: (1,), lambda data, size: data),
    },
}
with open(os.path.join(here, 'hdf5-filters.json'), 'w') as f:
    json.dump(out, f, indent=1)
    f.write('\n')
