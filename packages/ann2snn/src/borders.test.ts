import { writeOnnx } from '@snn/onnx'
import { linear, relu, sequential, writeSafetensors } from '@snn/nn'
import { lif } from '@snn/neuron'
import { describe, expect, it } from 'vitest'
import { convert, importModel } from './index.js'
import { readSnn, toOnnx } from '@snn/snn-file'

const model = (): Uint8Array =>
  writeOnnx({
    inputs: [{ name: 'x', dtype: 'float32', shape: ['N', 2] }],
    outputs: [{ name: 'y', dtype: 'float32', shape: ['N', 2] }],
    nodes: [{ op: 'Relu', inputs: ['x'], outputs: ['y'] }],
    constants: {},
  })
const data = [{ data: Float32Array.of(1, 2), shape: [1, 2] }]
const message = (work: () => unknown): Promise<string> =>
  Promise.resolve()
    .then(work)
    .then(
      () => 'no error',
      (error: unknown) => `${(error as { code?: string }).code}: ${(error as Error).message}`,
    )
const js = convert as unknown as (...args: readonly unknown[]) => Promise<unknown>

describe('convert, called as JavaScript may', () => {
  it.each<[string, () => unknown, RegExp]>([
    [
      'a path',
      () => js('model.onnx', data),
      /^ARGUMENT: \[convert\] source is the string 'model.onnx'.*readFile\(path\)/,
    ],
    ['bytes that are not awaited', () => js(Promise.resolve(model()), data), /source is a Promise.*Await it first/],
    ['a Response', () => js(new Response(''), data), /source is a Response.*arrayBuffer/],
    ['a Blob', () => js(new Blob([]), data), /source is a Blob.*arrayBuffer/],
    ['what importModel returns', () => js(importModel(model()), data), /Give its \.network/],
    [
      'a data set by its name',
      () => js(model(), 'data/mnist:train'),
      /data is the string.*openDataset\('data\/mnist:train'\)/,
    ],
    [
      'one array of numbers',
      () => js(sequential(linear(2, 2), relu(), linear(2, 2)), [1, 2]),
      /a batch is the number 1/,
    ],
    ['no data', () => js(model()), /data is undefined/],
    ['no options', () => js(model(), data, null), /options is null/],
  ])('%s', async (_, work, expected) => {
    expect(await message(work)).toMatch(expected)
  })

  it('takes bytes in every form that they have', () => {
    const bytes = Uint8Array.from(model())
    for (const form of [bytes, Buffer.from(bytes), bytes.buffer, new DataView(bytes.buffer)])
      expect(importModel(form as Uint8Array).network.nodes.length).toBeGreaterThan(0)
  })
})

describe('files of other kinds', () => {
  it.each<[string, () => Uint8Array, RegExp]>([
    [
      'a web page',
      () => Buffer.from('<!DOCTYPE html><html>'),
      /it is a web page \(HTML\), no ONNX model\. Fetch the file itself/,
    ],
    [
      'a pointer',
      () => Buffer.from('version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 2\n'),
      /pointer of Git LFS.*git lfs pull/,
    ],
    ['weights', () => writeSafetensors({ w: data[0]! }), /a safetensors file: weights without a network/],
    ['nothing', () => new Uint8Array(0), /it is empty/],
    ['half a model', () => model().subarray(0, model().length - 7), /it ends too early, after \d+ bytes/],
  ])('%s', async (_, bytes, expected) => {
    expect(await message(() => importModel(bytes()))).toMatch(expected)
    expect(await message(() => readSnn(bytes()))).toMatch(expected)
  })

  it('a network that is converted already', async () => {
    const file = await toOnnx(sequential(linear(2, 2), lif()), { inputShapes: { input: [2] } })
    expect(await message(() => importModel(file))).toMatch(/^SNN_FILE: .*spiking network.*already/)
    expect(await message(() => readSnn(model()))).toMatch(/^SNN_FILE: .*Convert the model first/)
  })

  it('a model that is not called', () => {
    expect(() => sequential(linear(2, 2), lif as never, relu())).toThrow(
      'part 2 is the function lif, expected a layer such as linear(2, 1), or a network. Call it, and give what it returns.',
    )
  })
})
