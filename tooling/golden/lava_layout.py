"""Checks that .net files have the dtypes, shapes and layout of those that lava-dl writes.

usage: python tooling/golden/lava_layout.py FILE.net ...        (needs h5py; tried with h5py 3.14 and 3.16)

Exit code 1, and a line for each fault, where a file differs. What is expected was read from the files that lava-dl ships
(oxford.net, pilotnet_snn.net, tiny.net, trained_mnist_network.net) and from lava.lib.dl.slayer.block, lava-dl 0.6.0.
"""
import sys

import h5py
import numpy as np

INTEGERS = {
    'shape', 'inFeatures', 'outFeatures', 'inChannels', 'outChannels', 'kernelSize', 'stride', 'padding', 'dilation', 'groups',
    'neuron/iDecay', 'neuron/vDecay', 'neuron/vThMant', 'neuron/refDelay', 'neuron/sinDecay', 'neuron/cosDecay',
}
FLOATS = {'weight', 'weight_rec', 'weight/real', 'weight/imag', 'bias', 'delay'}
SCALARS = {'inFeatures', 'outFeatures', 'inChannels', 'outChannels', 'groups', 'neuron/refDelay', 'neuron/gradedSpike', 'neuron/type'}
PAIRS = {'kernelSize', 'stride', 'padding', 'dilation'}
REQUIRED = {
    'input': {'shape'},
    'flatten': {'shape'},
    'dense': {'shape', 'inFeatures', 'outFeatures', 'weight', 'neuron/type'},
    'dense_rec': {'shape', 'weight', 'weight_rec', 'neuron/type'},
    'conv': {'shape', 'inChannels', 'outChannels', 'kernelSize', 'stride', 'padding', 'dilation', 'groups', 'weight', 'neuron/type'},
}


def faults(path):
    with h5py.File(path, 'r') as file:
        if len(file.attrs) > 0:
            yield 'attributes at the root'
        layers = file['layer']
        if sorted(layers, key=int) != [str(i) for i in range(len(layers))]:
            yield f'layers are {sorted(layers)}'
        for index in sorted(layers, key=int):
            found = {}
            layers[index].visititems(lambda name, item: found.update({name: item}) if isinstance(item, h5py.Dataset) else None)
            kind = found['type'][0].decode() if 'type' in found else None
            where = f'layer/{index} ({kind})'
            for name in sorted(REQUIRED.get(kind, {'type'}) - found.keys()):
                yield f'{where}: no {name}'
            for name, item in found.items():
                for fault in dataset_faults(name, item):
                    yield f'{where}: {name} {fault}'
            if kind == 'conv' and 'weight' in found:
                if found['weight'].shape[0] != found['shape'][0] or found['weight'].shape[2:4] != tuple(found['kernelSize'][()]):
                    yield f'{where}: weight {found["weight"].shape} does not fit shape and kernelSize'
            if kind == 'dense' and 'weight' in found and found['weight'].ndim == 2:
                if found['weight'].shape != (found['outFeatures'][()], found['inFeatures'][()]):
                    yield f'{where}: weight {found["weight"].shape} does not fit outFeatures and inFeatures'


def dataset_faults(name, item):
    if len(item.attrs) > 0:
        yield 'has attributes'
    if item.chunks is not None or item.compression is not None:
        yield 'is chunked or compressed'
    if name == 'type':
        if item.dtype != np.dtype('S10') or item.shape != (1,):
            yield f'is {item.dtype} {item.shape}, expected S10 (1,)'
    elif name == 'neuron/type':
        info = h5py.check_string_dtype(item.dtype)
        if info is None or info.length is not None or info.encoding != 'utf-8' or item.shape != ():
            yield f'is {item.dtype} {item.shape}, expected a UTF-8 string of any length'
    elif name == 'neuron/gradedSpike':
        if item.dtype != np.bool_:
            yield f'is {item.dtype}, expected bool'
    elif name in INTEGERS and item.dtype != np.int64:
        yield f'is {item.dtype}, expected int64'
    elif name in FLOATS and item.dtype not in (np.float32, np.float64):
        yield f'is {item.dtype}, expected float32'
    if name in SCALARS and item.shape != ():
        yield f'has shape {item.shape}, expected a scalar'
    if name in PAIRS and item.shape != (2,):
        yield f'has shape {item.shape}, expected (2,)'
    if name in ('weight', 'weight_rec') and not np.all(item[()] == np.trunc(item[()])):
        yield 'holds fractions, which the loader cuts'


if __name__ == '__main__':
    found = [(path, fault) for path in sys.argv[1:] for fault in faults(path)]
    for path, fault in found:
        print(f'{path}: {fault}')
    print(f'{len(sys.argv) - 1} files, {len(found)} faults')
    sys.exit(1 if found else 0)
