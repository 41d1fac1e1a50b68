import * as ort from 'onnxruntime-node'
import { numbersOf, type OnnxTensor } from '@snn/onnx'

/** Element types that onnxruntime-node can hand over. */
const readable = new Set<string>([
  'float32',
  'float64',
  'float16',
  'int64',
  'int32',
  'int16',
  'int8',
  'uint64',
  'uint32',
  'uint16',
  'uint8',
  'bool',
])

/** The outputs of a model in the order of the file, computed as it stands there, without optimisations. */
export async function runModel(bytes: Uint8Array, feeds: Readonly<Record<string, OnnxTensor>>): Promise<OnnxTensor[]> {
  const session = await ort.InferenceSession.create(bytes, {
    graphOptimizationLevel: 'disabled',
    logSeverityLevel: 4,
    intraOpNumThreads: 1,
  })
  try {
    const foreign = session.outputMetadata.find((output) => !output.isTensor || !readable.has(output.type))
    if (foreign) throw new Error(`onnxruntime-node does not read an output such as ${foreign.name}`)
    const types = new Map(session.inputMetadata.map((input) => [input.name, input.isTensor ? input.type : '']))
    const entries = Object.entries(feeds)
      .filter(([name]) => types.has(name))
      .map(([name, tensor]) => [name, fed(tensor, types.get(name)!)] as const)
    const results = await session.run(Object.fromEntries(entries))
    return session.outputNames.map(
      (name) =>
        ({
          dtype: results[name]!.type,
          shape: results[name]!.dims,
          data: results[name]!.data,
        }) as unknown as OnnxTensor,
    )
  } finally {
    await session.release()
  }
}

function fed(tensor: OnnxTensor, type: string): ort.Tensor {
  if (type === 'float64') return new ort.Tensor('float64', Float64Array.from(numbersOf(tensor)), tensor.shape)
  if (type === 'float16') return new ort.Tensor('float16', Float16Array.from(numbersOf(tensor)) as never, tensor.shape)
  return new ort.Tensor(tensor.dtype as 'float32', tensor.data as Float32Array, tensor.shape)
}

/** What is different about two values; undefined for nothing but a relative error of `tolerance`. */
export function difference(ours: OnnxTensor, theirs: OnnxTensor, tolerance: number): string | undefined {
  if (ours.shape.join() !== theirs.shape.join())
    return `shape [${ours.shape.join()}] in place of [${theirs.shape.join()}]`
  const [a, b] = [numbersOf(ours), numbersOf(theirs)]
  const at = b.findIndex(
    (value, i) =>
      !(
        Object.is(a[i], value) ||
        a[i] === value ||
        Math.abs(a[i]! - value) <= tolerance * Math.max(1, Math.abs(value))
      ),
  )
  return at < 0 ? undefined : `${a[at]} in place of ${b[at]} at ${at} of ${b.length}`
}
