import type { OrtLibrary, OrtSession, OrtTensor } from './library.js'

/**
 * onnxruntime-node computes into the memory it is given, but afterwards copies every output into a new array for its
 * result, which for large outputs takes as long as computing them. It stops at the first output that JavaScript cannot
 * hold, such as a sequence. So a model gets an empty sequence as its first output, and the error that ends such a run
 * is its normal end. Whether a library behaves like that is tried out; another one gets the plain model, and its
 * results are as right.
 */
const markerName = 'done'

/** The name of the marker, and the message of the error that ends a run of a model that has it. */
export interface RunEnd {
  readonly marker: string
  readonly message: string
}

/** The bytes of a ModelProto with a field of fewer than 128 bytes: number, length, content. */
function field(number: number, ...content: (Uint8Array | readonly number[])[]): number[] {
  const bytes = content.flatMap((part) => [...part])
  return [(number << 3) | 2, bytes.length, ...bytes]
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value)

/**
 * graph { node { output, op_type } output { name, type { sequence_type { elem_type { tensor_type { elem_type: float } }
 * } } } }
 */
function markerModel(): number[] {
  const node = field(1, field(2, text(markerName)), field(4, text('SequenceEmpty')))
  const floats = field(1, [8, 1])
  return field(7, node, field(12, field(1, text(markerName)), field(2, field(4, field(1, floats)))))
}

/** `model` with the marker as first output: protobuf messages are merged by joining their bytes. */
export function withMarker(model: Uint8Array): Uint8Array<ArrayBuffer> {
  const marker = markerModel()
  const joined = new Uint8Array(marker.length + model.length)
  joined.set(marker)
  joined.set(model, marker.length)
  return joined
}

/** Runs a session, whose model has the marker if its runs have an end. */
export async function runInPlace(
  session: OrtSession,
  feeds: Record<string, OrtTensor>,
  fetches: Record<string, OrtTensor | null>,
  end: RunEnd | undefined,
): Promise<void> {
  if (!end) return void (await session.run(feeds, fetches))
  try {
    await session.run(feeds, { ...fetches, [end.marker]: null })
  } catch (error) {
    if (!(error instanceof Error) || error.message !== end.message) throw error
  }
}

/**
 * How `lib` ends runs of models with the marker, once their outputs are written; undefined when it does not stop there.
 */
export async function runEndOf(lib: OrtLibrary, doubling: Uint8Array): Promise<RunEnd | undefined> {
  let session: OrtSession | undefined
  try {
    session = await lib.InferenceSession.create(withMarker(doubling), { logSeverityLevel: 4 })
    const output = Float32Array.of(0)
    const tensor = (data: Float32Array): OrtTensor => new lib.Tensor('float32', data, [1])
    const message = await session
      .run({ x0: tensor(Float32Array.of(21)) }, { y0: tensor(output), [markerName]: null })
      .then(
        () => undefined,
        (error: unknown) => (error instanceof Error ? error.message : undefined),
      )
    return output[0] === 42 && message !== undefined ? { marker: markerName, message } : undefined
  } catch {
    return undefined
  } finally {
    await session?.release()
  }
}
