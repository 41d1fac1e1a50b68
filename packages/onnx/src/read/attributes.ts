import { invalid, NotUnderstood } from '../errors.js'
import type { OnnxAttribute } from '../graph.js'
import { AttributeProto_AttributeType as Type, type AttributeProto } from '../proto/onnx_pb.js'
import type { ExternalData } from './external.js'
import { readTensor, type Note } from './tensor.js'

/** The attributes of a node. Throws NotUnderstood for subgraphs and other values that a graph does not hold. */
export function readAttributes(
  protos: readonly AttributeProto[],
  where: string,
  external: ExternalData,
  note: Note,
): Record<string, OnnxAttribute> {
  const out: [string, OnnxAttribute][] = []
  const seen = new Set<string>()
  for (const proto of protos) {
    const name = proto.name ?? ''
    if (name === '' || seen.has(name))
      throw invalid(where, name === '' ? 'an attribute has no name' : `attribute "${name}" is given twice`)
    seen.add(name)
    out.push([name, readAttribute(proto, `${where}, attribute "${name}"`, external, note)])
  }
  return Object.fromEntries(out)
}

function readAttribute(proto: AttributeProto, where: string, external: ExternalData, note: Note): OnnxAttribute {
  if (proto.refAttrName)
    throw new NotUnderstood(
      `attribute "${proto.name}" refers to an attribute of a function`,
      'Inline the functions of the model with onnx.inliner.',
    )
  switch (proto.type === undefined || proto.type === Type.UNDEFINED ? typeOf(proto) : proto.type) {
    case Type.FLOAT:
      return proto.f
    case Type.INT:
      return Number(proto.i)
    case Type.STRING:
      return text(proto.s, where)
    case Type.FLOATS:
      return Float32Array.from(proto.floats)
    case Type.INTS:
      return proto.ints.map(Number)
    case Type.STRINGS:
      return proto.strings.map((s) => text(s, where))
    case Type.TENSOR:
      if (!proto.t) throw invalid(where, 'it is said to be a tensor but holds none')
      return readTensor(proto.t, where, external, note)
    case Type.GRAPH:
    case Type.GRAPHS:
      throw new NotUnderstood(
        'it holds a subgraph (control flow)',
        'Export the model without control flow, or simplify it with onnxsim.',
      )
    default:
      throw new NotUnderstood(
        `attribute "${proto.name}" holds a value of type ${Type[proto.type ?? 0] ?? proto.type}`,
        'Export the model without it.',
      )
  }
}

/** Old files do not say the type: it is that of the field which is set. */
function typeOf(proto: AttributeProto): Type {
  if (proto.t) return Type.TENSOR
  if (proto.g) return Type.GRAPH
  if (proto.ints.length > 0) return Type.INTS
  if (proto.floats.length > 0) return Type.FLOATS
  if (proto.strings.length > 0) return Type.STRINGS
  if (proto.s.length > 0) return Type.STRING
  return proto.f !== 0 ? Type.FLOAT : Type.INT
}

function text(bytes: Uint8Array, where: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw invalid(where, 'its text is not UTF-8', cause)
  }
}
