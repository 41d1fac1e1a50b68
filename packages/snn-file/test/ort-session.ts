import * as ort from 'onnxruntime-node'
import type { TensorLike } from '@snn/tensor'

interface Sequence {
  readonly data: Float32Array
  readonly shape: readonly number[]
}

type Initial = number | { readonly shape: readonly number[]; readonly data: readonly number[] }

/** A `.snn.onnx` file in ONNX Runtime with nothing of ours, stepped as its metadata say. */
export class OrtSession {
  private constructor(
    private readonly session: ort.InferenceSession,
    private readonly initial: Readonly<Record<string, Initial>>,
  ) {}

  static async create(bytes: Uint8Array): Promise<OrtSession> {
    return new OrtSession(
      await ort.InferenceSession.create(bytes, { logSeverityLevel: 3, intraOpNumThreads: 1 }),
      initialOf(bytes),
    )
  }

  /** Outputs of a model of the whole sequence, for inputs [T, N, ..]. */
  async runSequence(inputs: Readonly<Record<string, TensorLike>>): Promise<Record<string, Sequence>> {
    const outputs = (await this.session.run(
      Object.fromEntries(
        Object.entries(inputs).map(([name, { data, shape }]) => [
          name,
          new ort.Tensor('float32', data as Float32Array, shape),
        ]),
      ),
    )) as Record<string, ort.Tensor>
    return Object.fromEntries(
      Object.entries(outputs).map(([name, { data, dims }]) => [name, { data: data as Float32Array, shape: dims }]),
    )
  }

  /** Names of what the model takes. */
  get inputNames(): readonly string[] {
    return this.session.inputNames
  }

  /** Outputs and states of every step, for inputs [T, N, ..]. */
  async run(
    inputs: Readonly<Record<string, TensorLike>>,
    T: number,
  ): Promise<{ readonly outputs: Record<string, Sequence>; readonly states: Record<string, Sequence> }> {
    const N = Object.values(inputs)[0]!.shape[1]!
    const declared = this.session.inputMetadata as readonly {
      readonly name: string
      readonly type: string
      readonly shape: readonly (number | string)[]
    }[]
    let state = Object.fromEntries(
      declared
        .filter(({ name }) => !(name in inputs))
        .map(({ name, type, shape }) => [
          name,
          filled(
            type,
            shape.map((n) => (typeof n === 'number' ? n : N)),
            this.initial[name]!,
          ),
        ]),
    )
    const steps: Record<string, ort.Tensor>[] = []
    for (let t = 0; t < T; t++) {
      const now = Object.fromEntries(
        Object.entries(inputs).map(([name, x]) => {
          const size = x.data.length / T
          return [
            name,
            new ort.Tensor('float32', (x.data as Float32Array).slice(t * size, (t + 1) * size), x.shape.slice(1)),
          ]
        }),
      )
      const out = (await this.session.run({ ...now, ...state })) as Record<string, ort.Tensor>
      state = Object.fromEntries(Object.keys(state).map((name) => [name, out[`${name}.next`]!]))
      steps.push(out)
    }
    const over = (name: string): Sequence => ({
      data: Float32Array.from(steps.flatMap((step) => Array.from(step[name]!.data as Float32Array))),
      shape: [T, ...steps[0]![name]!.dims],
    })
    const names = this.session.outputNames.filter((name) => !name.endsWith('.next'))
    return {
      outputs: Object.fromEntries(names.map((name) => [name, over(name)])),
      states: Object.fromEntries(Object.keys(state).map((name) => [name, over(`${name}.next`)])),
    }
  }
}

/** The JSON of `snn.initial`, which stands as text in the file. */
function initialOf(bytes: Uint8Array): Record<string, Initial> {
  const text = new TextDecoder('latin1').decode(bytes)
  const start = text.indexOf('{', text.indexOf('snn.initial'))
  for (let end = text.indexOf('}', start); ; end = text.indexOf('}', end + 1)) {
    try {
      return JSON.parse(text.slice(start, end + 1)) as Record<string, Initial>
    } catch {
      // not the last brace yet
    }
  }
}

/** The initial value broadcast, aligned at the back. */
function filled(type: string, shape: readonly number[], initial: Initial): ort.Tensor {
  const from = typeof initial === 'number' ? { shape: [], data: [initial] } : initial
  const strides = [...shape.keys()].map((axis) => {
    const own = axis - (shape.length - from.shape.length)
    return own < 0 || from.shape[own] === 1 ? 0 : from.shape.slice(own + 1).reduce((a, b) => a * b, 1)
  })
  const at = (flat: number): number => {
    let [rest, offset] = [flat, 0]
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      offset += (rest % shape[axis]!) * strides[axis]!
      rest = Math.floor(rest / shape[axis]!)
    }
    return from.data[offset]!
  }
  const values = Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => at(i))
  return type === 'int32'
    ? new ort.Tensor('int32', Int32Array.from(values), shape)
    : new ort.Tensor('float32', Float32Array.from(values), shape)
}
