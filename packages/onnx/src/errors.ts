import { SnnError } from '@snn/tensor'
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

/** The one error that lists all nodes which are not understood. */
export function unsupportedError(nodes: readonly UnsupportedNode[], operation = 'readOnnx'): SnnError<'ONNX_UNSUPPORTED'> {
  const lines = nodes.map((n) => `${n.domain ? `${n.domain}.` : ''}${n.op} "${n.name}" (opset ${n.opset}): ${n.reason}. ${n.fix}`)
  return new SnnError('ONNX_UNSUPPORTED', `[${operation}] ${nodes.length} part${nodes.length === 1 ? '' : 's'} of the model cannot be used: ${lines.join(' | ')}`, {
    nodes,
  })
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
