import { SnnError } from '@snn/tensor'
import { describeValue, fileKind } from '@snn/tensor/library'
import type { UnsupportedNode } from './graph.js'

/** The error for a malformed file: `where` names the part of the file, `what` says what is wrong with it. */
export function invalid(where: string, what: string, cause?: unknown): SnnError<'ONNX_INVALID'> {
  return new SnnError(
    'ONNX_INVALID',
    `[readOnnx] ${where}: ${what}. The file is damaged or was written by a faulty exporter: export the model again, or check it with onnx.checker.`,
    { where, what },
    { cause },
  )
}

/** The error for bytes that are no model at all: what they are, by their beginning, or how they end. */
export function noModel(bytes: Uint8Array, cause?: unknown): SnnError<'ONNX_INVALID'> {
  const kind = fileKind(bytes)
  const why = cause instanceof Error ? cause.message : cause === undefined ? 'it holds no graph' : describeValue(cause)
  if (!kind && /EOF|RangeError|out of (range|bounds)/i.test(`${(cause as Error | undefined)?.name} ${why}`)) {
    return new SnnError(
      'ONNX_INVALID',
      `[readOnnx] the file: it ends too early, after ${bytes.length} bytes (${why}). A download or copy that broke off? Fetch it again.`,
      { where: 'the file', what: 'it ends too early' },
      { cause },
    )
  }
  if (!kind) return invalid('the file', `it is no ONNX model (${why})`, cause)
  return new SnnError(
    'ONNX_INVALID',
    `[readOnnx] the file: it is ${kind.name}, no ONNX model. ${kind.fix ?? 'Give the .onnx file.'}`,
    { where: 'the file', what: `it is ${kind.name}` },
    { cause },
  )
}

/** The one error that lists all nodes which are not understood. */
export function unsupportedError(
  nodes: readonly UnsupportedNode[],
  operation = 'readOnnx',
): SnnError<'ONNX_UNSUPPORTED'> {
  const lines = nodes.map(
    (n) => `${n.domain ? `${n.domain}.` : ''}${n.op} "${n.name}" (opset ${n.opset}): ${n.reason}. ${n.fix}`,
  )
  return new SnnError(
    'ONNX_UNSUPPORTED',
    `[${operation}] ${nodes.length} part${nodes.length === 1 ? '' : 's'} of the model cannot be used: ${lines.join(' | ')}`,
    { nodes },
  )
}

/** Thrown by a rule about its own node; the reader keeps the node as it stands and lists it as unsupported. */
export class NotUnderstood extends Error {
  constructor(
    readonly reason: string,
    readonly fix: string,
  ) {
    super(reason)
  }
}
