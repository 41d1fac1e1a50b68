"""Golden safetensors files: pip install safetensors==0.8.0 numpy; python safetensors_files.py > packages/nn/test/golden/safetensors.json"""
import base64, json, numpy, safetensors
from safetensors.numpy import save

cases = {
    'every dtype, names out of order': ({
        'zeta.weight': numpy.arange(6, dtype=numpy.float32).reshape(2, 3) / 4 - 0.5,
        'alpha': numpy.array([1.5, -2.25], dtype=numpy.float64),
        'counter': numpy.array(7, dtype=numpy.int32),
        'bytes': numpy.array([[0, 255, 3]], dtype=numpy.uint8),
        'flags': numpy.array([True, False, True]),
        'Alpha': numpy.array([-0.0, numpy.inf], dtype=numpy.float32),
    }, {'format': 'np'}),
    'empty tensors, unusual names': ({
        'none': numpy.zeros((0, 4), dtype=numpy.float32),
        'größe "x"\n': numpy.array([3], dtype=numpy.float32),
        '\U0001F9E0': numpy.array([4], dtype=numpy.float32),
        '\uffee': numpy.array([5], dtype=numpy.float32),
    }, None),
    'no tensors': ({}, {'epoch': '3'}),
}

def entry(tensors, metadata):
    listed = {name: {'dtype': str(a.dtype), 'shape': a.shape, 'data': [str(float(x)) for x in a.ravel()]} for name, a in tensors.items()}
    return {'tensors': listed, 'metadata': metadata or {}, 'base64': base64.b64encode(save(tensors, metadata)).decode()}

print(json.dumps({'generator': 'tooling/golden/safetensors_files.py', 'version': f'safetensors {safetensors.__version__}',
                  'cases': {name: entry(*case) for name, case in cases.items()}}, indent=1))
