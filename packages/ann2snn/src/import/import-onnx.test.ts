import { readOnnx, writeOnnx, type OnnxModelSpec, type OnnxTensor } from '@snn/onnx'
import { isSnnError } from '@snn/tensor'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { sharedModels } from '../../test/shared-data.js'
import { importModel, importOnnx } from './import-onnx.js'

function zeros(...shape: number[]): OnnxTensor<'float32'> {
  return { dtype: 'float32', shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)) }
}

function model(nodes: OnnxModelSpec['nodes'], more: Partial<OnnxModelSpec> = {}): Uint8Array {
  return writeOnnx({
    inputs: [{ name: 'x', dtype: 'float32', shape: ['N', 4] }],
    outputs: [{ name: 'out', dtype: 'float32', shape: undefined }],
    constants: {},
    nodes,
    ...more,
  })
}

function refusal(
  run: () => unknown,
): readonly {
  readonly op: string
  readonly name: string
  readonly opset: number
  readonly reason: string
  readonly fix: string
}[] {
  try {
    run()
  } catch (error) {
    if (isSnnError(error, 'ONNX_UNSUPPORTED')) return error.details.nodes
    throw error
  }
  throw new Error('nothing was refused')
}

describe('importOnnx', () => {
  it('lists every node that it cannot use, those that reading does not know included', () => {
    const nodes = refusal(() =>
      importModel(
        model(
          [
            { op: 'Relu', inputs: ['x'], outputs: ['a'] },
            { op: 'Hardmax', name: 'hard', inputs: ['a'], outputs: ['b'] },
            { op: 'Mystery', name: 'riddle', domain: 'org.example', inputs: ['a'], outputs: ['c'] },
            { op: 'Transpose', name: 'mix', inputs: ['a'], outputs: ['d'], attributes: { perm: [1, 0] } },
            { op: 'ReduceMean', name: 'mean', inputs: ['a', 'zero'], outputs: ['e'] },
            { op: 'Gemm', name: 'never', inputs: ['b', 'w'], outputs: ['f'] },
            { op: 'Sum', inputs: ['f', 'c', 'e'], outputs: ['out'] },
          ],
          {
            domains: { 'org.example': 3 },
            constants: { zero: { dtype: 'int64', shape: [1], data: BigInt64Array.of(0n) }, w: zeros(4, 4) },
          },
        ),
      ),
    )
    expect(nodes.map(({ op, name, opset }) => [op, name, opset])).toEqual([
      ['Mystery', 'riddle', 3],
      ['Hardmax', 'hard', 21],
      ['ReduceMean', 'mean', 21],
    ])
    expect(nodes[2]!.reason).toBe('it mixes the samples of a batch')
    for (const { reason, fix } of nodes) expect([reason, fix].every((text) => text.length > 5)).toBe(true)
  })

  it.each([
    ['Concat', { axis: 0 }],
    ['Softmax', { axis: 0 }],
    ['Flatten', { axis: 0 }],
  ])('%s over the batch is refused', (op, attributes) => {
    const [node] = refusal(() =>
      importModel(
        model([{ op, name: 'bad', inputs: op === 'Concat' ? ['x', 'x'] : ['x'], outputs: ['out'], attributes }]),
      ),
    )
    expect(node).toMatchObject(op === 'Flatten' ? { op: 'Output', name: 'out' } : { op, name: 'bad' })
  })

  it('a product between samples is refused', () => {
    const [node] = refusal(() =>
      importModel(
        model([
          { op: 'Transpose', inputs: ['x'], outputs: ['t'] },
          { op: 'MatMul', name: 'gram', inputs: ['x', 't'], outputs: ['out'] },
        ]),
      ),
    )
    expect(node).toMatchObject({ name: 'gram', reason: 'it mixes the samples of a batch' })
  })

  it('an ArgMax at the end is left out, as it chooses by scores', () => {
    const bytes = model(
      [
        { op: 'Relu', inputs: ['x'], outputs: ['logits'] },
        { op: 'ArgMax', name: 'best', inputs: ['logits'], outputs: ['out'], attributes: { axis: 1 } },
      ],
      { outputs: [{ name: 'out', dtype: 'int64', shape: undefined }] },
    )
    for (const options of [{}, { output: 'out' }, { output: 'logits' }])
      expect(importModel(bytes, options).network.nodes.map(({ name }) => name)).toEqual(['relu1'])
    expect(importModel(bytes).notes.join()).toContain('"out" is a class; here it is "logits"')
  })

  it('a free size beside the batch is refused with the option that fixes it', () => {
    const bytes = model([{ op: 'Relu', inputs: ['x'], outputs: ['out'] }], {
      inputs: [{ name: 'x', dtype: 'float32', shape: ['N', 3, 'height', 5] }],
    })
    const [node] = refusal(() => importModel(bytes))
    expect(node).toMatchObject({ op: 'Input', name: 'x' })
    expect(node!.fix).toContain('sizes: { height: ... }')
    expect(importModel(bytes, { sizes: { height: 7 } }).network.inputs).toEqual([{ name: 'x', shape: [3, 7, 5] }])
  })

  it('a batch that cannot be made free is refused', () => {
    const bytes = model([{ op: 'Relu', inputs: ['x'], outputs: ['out'] }], {
      inputs: [{ name: 'x', dtype: 'float32', shape: [4] }],
    })
    expect(refusal(() => importModel(bytes))[0]!.reason).toContain('[4]')
  })

  it('takes the first output, or the one that is named; other branches and inputs go', () => {
    const bytes = model(
      [
        { op: 'Relu', inputs: ['x'], outputs: ['a'] },
        { op: 'Tanh', inputs: ['y'], outputs: ['b'] },
        { op: 'Hardmax', inputs: ['y'], outputs: ['c'] },
      ],
      {
        inputs: ['x', 'y'].map((name) => ({ name, dtype: 'float32' as const, shape: ['N', 4] })),
        outputs: ['a', 'b', 'c'].map((name) => ({ name, dtype: 'float32' as const, shape: undefined })),
      },
    )
    const first = importModel(bytes)
    expect(first.network.inputs.map(({ name }) => name)).toEqual(['x'])
    expect(first.network.nodes.map(({ name }) => name)).toEqual(['relu1'])
    expect(first.notes.join()).toMatch(/outputs a, b, c.*"y" does not matter/)
    expect(importModel(bytes, { output: 'b' }).network.nodes.map(({ name }) => name)).toEqual(['tanh1'])
    expect(() => importModel(bytes, { output: 'z' })).toThrow(/"z" is not in the model, expected one of a, b, c/)
  })

  it('names are unique beside those of the inputs, without dots and stars', () => {
    const { network, origins } = importModel(
      model(
        [
          { op: 'Relu', name: '/first/Relu', inputs: ['relu1'], outputs: ['a'] },
          { op: 'Add', inputs: ['a', 'in.1*'], outputs: ['out'] },
        ],
        { inputs: ['relu1', 'in.1*'].map((name) => ({ name, dtype: 'float32' as const, shape: ['N', 4] })) },
      ),
    )
    expect(network.inputs.map(({ name }) => name)).toEqual(['relu1', 'in_1_'])
    expect(network.nodes.map(({ name }) => name)).toEqual(['relu2', 'add1'])
    expect(origins['relu2']).toEqual({ op: 'Relu', name: '/first/Relu' })
  })

  it('a model that is only its input has no layers', () => {
    const { network } = importModel(model([{ op: 'Identity', inputs: ['x'], outputs: ['out'] }]))
    expect([network.nodes, network.outputs, network.inputs]).toEqual([[], ['x'], [{ name: 'x', shape: [4] }]])
  })

  it('an integer input is taken as float32 behind its Cast', () => {
    const { network, notes } = importModel(
      model(
        [
          { op: 'Cast', inputs: ['x'], outputs: ['f'], attributes: { to: 1 } },
          { op: 'Relu', inputs: ['f'], outputs: ['out'] },
        ],
        { inputs: [{ name: 'x', dtype: 'uint8', shape: ['N', 4] }] },
      ),
    )
    expect(network.nodes.map(({ name }) => name)).toEqual(['relu1'])
    expect(notes.join()).toContain('"x" as uint8')
  })

  it('what is no float says what can be done about it: before the first layer there is no output to choose', () => {
    const boolInput = { inputs: [{ name: 'x', dtype: 'bool', shape: ['N', 4] }] } as const
    const toFloat = { op: 'Cast', inputs: ['x'], outputs: ['f'], attributes: { to: 1 } }
    const fixes: readonly (readonly [() => unknown, RegExp])[] = [
      [
        () => importModel(model([toFloat, { op: 'Relu', inputs: ['f'], outputs: ['out'] }], boolInput)),
        /converts bool to float32.*takes float32 \(0 and 1 for a bool\)/s,
      ],
      [
        () =>
          importModel(
            model([{ op: 'Sigmoid', inputs: ['x'], outputs: ['out'] }], {
              inputs: [{ name: 'x', dtype: 'int32', shape: ['N', 4] }],
            }),
          ),
        /of type int32.*takes float32/s,
      ],
      [
        () =>
          importModel(
            model([
              { op: 'Relu', inputs: ['x'], outputs: ['r'] },
              { op: 'Cast', inputs: ['r'], outputs: ['out'], attributes: { to: 9 } },
            ]),
          ),
        /converts float32 to bool.*choose an output before it/s,
      ],
    ]
    for (const [work, expected] of fixes) expect(work).toThrow(expected)
  })

  it('keeps the values of the weights', async () => {
    const weight: OnnxTensor<'float32'> = {
      dtype: 'float32',
      shape: [2, 4],
      data: Float32Array.from([1, 2, 3, 4, 5, 6, 7, 8]),
    }
    const { network } = importModel(
      model([{ op: 'Gemm', inputs: ['x', 'w'], outputs: ['out'], attributes: { transB: 1 } }], {
        constants: { w: weight },
      }),
    )
    expect(await network.variables()['fc1.weight']!.data()).toEqual(weight.data)
  })

  it.each([
    ['["a", "b", "c", "d"]'],
    ["['a', 'b', 'c', 'd']"],
    ["{0: 'a', 1: 'b', 2: 'c', 3: 'd'}"],
    ['{"0": "a", "1": "b", "2": "c", "3": "d"}'],
    ['a, b, c, d'],
    ['a\nb\nc\nd\n'],
  ])('class names from the metadata %j', (names) => {
    const bytes = model([{ op: 'Relu', inputs: ['x'], outputs: ['out'] }], { metadata: { names } })
    expect(importModel(bytes).classNames).toEqual(['a', 'b', 'c', 'd'])
  })

  it('class names of another number are left out', () => {
    expect(
      importModel(model([{ op: 'Relu', inputs: ['x'], outputs: ['out'] }], { metadata: { names: '["a", "b"]' } }))
        .classNames,
    ).toBeUndefined()
  })

  it.skipIf(sharedModels.length === 0)('the second output of a third-party model', () => {
    const [, path] = sharedModels.find(([name]) => name.includes('two-outputs'))!
    const graph = readOnnx(readFileSync(path))
    const { network } = importOnnx(graph, { output: '19' })
    expect(network.nodes.map(({ name }) => name).join(' ')).toBe(
      'conv1 relu1 conv2 relu2 pool1 conv3 relu3 pool2 flatten1',
    )
  })
})
