"""Writes numpy.json and pictures.json: small files made by other programs, and what is in them.

Needs numpy, and cjpeg and djpeg (libjpeg-turbo), pnmtopng (netpbm) on the path.
With a folder of JPEG files as argument it writes jpeg-sample.json, the SHA-256 of the pixels that djpeg decodes.
"""
import base64, hashlib, io, json, os, re, subprocess, sys
import numpy as np

here = os.path.dirname(os.path.abspath(__file__))
text = lambda data: base64.b64encode(data).decode()


def version(*command):
    out = subprocess.run(command, capture_output=True, text=True)
    return re.sub(r'^\w+: ', '', (out.stdout + out.stderr).splitlines()[0])


def write(name, value):
    with open(os.path.join(here, name), 'w') as f:
        json.dump(value, f, indent=1)
        f.write('\n')


def run(*command, input):
    return subprocess.run(command, input=input, capture_output=True, check=True).stdout


def pnm(pixels):
    h, w = pixels.shape[:2]
    wide = pixels.dtype == np.uint16
    head = b'P%d %d %d %d\n' % (6 if pixels.ndim == 3 else 5, w, h, 65535 if wide else 255)
    return head + (pixels.astype('>u2') if wide else pixels).tobytes()


def unpnm(data):
    """Pixels of a P5 or P6 file as [C, H, W]."""
    kind, w, h, _, pixels = re.match(rb'P([56])\s+(\d+)\s+(\d+)\s+(\d+)\s(.*)', data, re.S).groups()
    c = 3 if kind == b'6' else 1
    return np.frombuffer(pixels, np.uint8).reshape(int(h), int(w), c).transpose(2, 0, 1)


def numpy_files():
    rng = np.random.default_rng(1)
    cases = []
    for descr in ['|u1', '|i1', '<u2', '>u2', '<i2', '>i2', '<u4', '<i4', '>i4', '<i8', '>i8', '<f2', '>f2', '<f4', '>f4', '<f8', '>f8', '|b1']:
        for order in 'CF':
            dtype = np.dtype(descr)
            if dtype.kind == 'f':
                array = rng.normal(0, 100, (3, 4, 2)).astype(dtype)
            else:
                array = rng.integers(0, 2 if dtype.kind == 'b' else 100, (3, 4, 2)).astype(dtype)
                if dtype.kind == 'i':
                    array = -array
            array = np.asarray(array, order=order)
            file = io.BytesIO()
            np.save(file, array)
            cases.append({'dtype': descr, 'order': order, 'shape': array.shape, 'values': array.astype(float).ravel().tolist(), 'npy': text(file.getvalue())})
    halves = np.array([0, -0.0, 1, -2, 65504, 6e-8, 6.1e-5, 0.333, 1000.5], '<f2')
    file = io.BytesIO()
    np.save(file, halves)
    cases.append({'dtype': '<f2', 'order': 'C', 'shape': halves.shape, 'values': halves.astype(float).tolist(), 'npy': text(file.getvalue())})
    x = rng.integers(0, 256, (5, 4, 3, 3), dtype=np.uint8)
    y = np.arange(5)
    archives = {}
    for save in (np.savez, np.savez_compressed):
        file = io.BytesIO()
        save(file, x=x, y=y)
        archives[save.__name__] = text(file.getvalue())
    write('numpy.json', {'generator': 'numpy.save', 'version': np.__version__, 'cases': cases, 'x': x.ravel().tolist(), 'archives': archives})


def picture_files():
    row, column = np.mgrid[0:23, 0:37]
    red = (128 + 100 * np.sin(row / 5) * np.cos(column / 7)).astype(np.uint8)
    rgb = np.stack([red, (row * 11) % 256, (column * 6) % 256], 2).astype(np.uint8)
    gray = rgb[:, :, 0]
    wide = (gray.astype(np.uint16) * 257) ^ 0x5A
    few = np.stack([gray & 0xC0, gray & 0x80, gray & 0x40], 2)
    cases = []
    for name, pixels, options in [
        ('baseline 4:2:0', rgb, ['-quality', '80']), ('baseline 4:4:4', rgb, ['-quality', '95', '-sample', '1x1']),
        ('progressive', rgb, ['-progressive']), ('gray', gray, ['-grayscale']), ('restarts', rgb, ['-restart', '1']),
    ]:
        file = run('cjpeg', *options, input=pnm(pixels))
        cases.append({'name': 'jpeg ' + name, 'file': text(file), 'shape': [3 if pixels.ndim == 3 else 1, 23, 37], 'pixels': text(unpnm(run('djpeg', '-pnm', input=file)).tobytes())})
    quantised = lambda levels: (np.round(gray / 255 * levels).astype(np.uint8).astype(int) * 255 // levels).astype(np.uint8)
    for name, pixels, options in [
        ('rgb', rgb, []), ('gray', gray, []), ('interlaced', rgb, ['-interlace']), ('palette', few, []), ('gray 1 bit', quantised(1), []),
        ('gray 2 bit', quantised(3), []), ('gray 4 bit', quantised(15), []), ('gray 16 bit', wide, []), ('transparent', rgb, ['-transparent', '#000000']),
    ]:
        file = run('pnmtopng', *options, input=pnm(pixels))
        expected = (pixels >> 8).astype(np.uint8) if pixels.dtype == np.uint16 else pixels
        expected = expected.transpose(2, 0, 1) if expected.ndim == 3 else expected[None]
        kind = 'depth %d, colour type %d, interlace %d' % (file[24], file[25], file[28])
        cases.append({'name': f'png {name} ({kind})', 'file': text(file), 'shape': list(expected.shape), 'pixels': text(np.ascontiguousarray(expected).tobytes())})
    write('pictures.json', {'generator': 'cjpeg, djpeg; pnmtopng', 'version': version('djpeg', '-version') + '; ' + version('pnmtopng', '--version'), 'cases': cases})


def jpeg_sample(folder):
    names = sorted(name for name in os.listdir(folder) if name.endswith('.jpg'))[::10]
    digests = {}
    for name in names:
        with open(os.path.join(folder, name), 'rb') as f:
            digests[name] = hashlib.sha256(unpnm(run('djpeg', '-pnm', input=f.read())).tobytes()).hexdigest()
    write('jpeg-sample.json', {'generator': 'djpeg -pnm', 'version': version('djpeg', '-version'), 'sha256OfPlanes': digests})


if len(sys.argv) > 1:
    jpeg_sample(sys.argv[1])
else:
    numpy_files()
    picture_files()
