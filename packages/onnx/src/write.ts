import { create, toBinary, type MessageInitShape } from '@bufbuild/protobuf'
import { SnnError, sizeOf } from '@snn/tensor'
import { checkMembers } from '@snn/tensor/library'
import { elementTypes } from './dtype.js'
import type { Dim, OnnxAttribute, OnnxModelSpec, OnnxTensor, OnnxValue } from './graph.js'
import {
  AttributeProto_AttributeType as Type,
  type AttributeProtoSchema,
  ModelProtoSchema,
  type NodeProtoSchema,
  type TensorProtoSchema,
  type ValueInfoProtoSchema,
} from './proto/onnx_pb.js'

const defaultOpset = 21

/** The oldest IR version that may carry an opset; `[opset, IR version]`. */
const irVersions = [
  [25, 13],
  [24, 12],
  [23, 11],
  [21, 10],
  [19, 9],
  [15, 8],
  [12, 7],
  [11, 6],
  [10, 5],
  [9, 4],
  [0, 3],
] as const

/** Attributes that ONNX defines as floats: whole numbers under these names are written as floats too. */
const floatNames = new Set([
  'alpha',
  'beta',
  'gamma',
  'epsilon',
  'momentum',
  'lambd',
  'bias',
  'ratio',
  'cubic_coeff_a',
  'extrapolation_value',
  'spatial_scale',
  'norm_coefficient',
  'mean',
  'scale',
  'high',
  'low',
  'seed',
  'clip',
  'softcap',
  'value_float',
  'min',
  'max',
])
const floatListNames = new Set(['scales', 'value_floats', 'activation_alpha', 'activation_beta', 'activation_params'])

/**
 * The bytes of a model file. The same description gives the same bytes. Constants are written as raw data straight from
 * their arrays.
 *
 * Throws `ARGUMENT` for a description that is no graph: a name that is defined twice or not before its use, or a
 * constant whose data do not fit its shape.
 */
export function writeOnnx(model: OnnxModelSpec): Uint8Array<ArrayBuffer> {
  checkMembers(
    'writeOnnx',
    model,
    'model',
    ['nodes', 'inputs', 'outputs', 'constants'],
    'a graph of readOnnx or { inputs, outputs, nodes, constants }',
  )
  const constants = [
    ...(model.constants instanceof Map
      ? (model.constants as ReadonlyMap<string, OnnxTensor>)
      : Object.entries(model.constants as Record<string, OnnxTensor>)),
  ]
  checkNames(
    model,
    constants.map(([name]) => name),
  )
  const opset = model.opset ?? defaultOpset
  const message = create(ModelProtoSchema, {
    irVersion: BigInt(irVersions.find(([from]) => opset >= from)![1]),
    opsetImport: [
      { domain: '', version: BigInt(opset) },
      ...Object.entries(model.domains ?? {}).map(([domain, version]) => ({ domain, version: BigInt(version) })),
    ],
    producerName: model.producer ?? '@snn/onnx',
    metadataProps: Object.entries(model.metadata ?? {}).map(([key, value]) => ({ key, value })),
    graph: {
      name: model.name ?? 'graph',
      node: model.nodes.map(nodeProto),
      initializer: constants.map(([name, tensor]) => ({ name, ...tensorProto(tensor, name) })),
      input: model.inputs.map(valueProto),
      output: model.outputs.map(valueProto),
    },
  })
  return toBinary(ModelProtoSchema, message)
}

function wrong(what: string, name: string): SnnError<'ARGUMENT'> {
  return new SnnError('ARGUMENT', `[writeOnnx] ${what}`, { name: 'model', value: name })
}

function checkNames(model: OnnxModelSpec, constants: readonly string[]): void {
  const defined = new Set<string>()
  const define = (name: string): void => {
    if (name === '' || defined.has(name))
      throw wrong(
        `the name "${name}" is defined twice or empty, expected one definition of every value. Rename one.`,
        name,
      )
    defined.add(name)
  }
  for (const { name } of model.inputs) define(name)
  for (const name of constants) define(name)
  for (const { op, name, inputs, outputs } of model.nodes) {
    for (const input of inputs) {
      if (input !== '' && !defined.has(input))
        throw wrong(
          `${op} "${name ?? ''}" reads "${input}", which nothing before it defines. List the nodes in topological order.`,
          input,
        )
    }
    for (const output of outputs) if (output !== '') define(output)
  }
  for (const { name } of model.outputs)
    if (!defined.has(name)) throw wrong(`the output "${name}" is defined by no node.`, name)
}

function nodeProto({
  op,
  name = '',
  domain = '',
  inputs,
  outputs,
  attributes = {},
}: OnnxModelSpec['nodes'][number]): MessageInitShape<typeof NodeProtoSchema> {
  return {
    opType: op,
    name,
    domain,
    input: [...inputs],
    output: [...outputs],
    attribute: Object.entries(attributes).map(([key, value]) => ({ name: key, ...attributeProto(key, value, op) })),
  }
}

function attributeProto(name: string, value: OnnxAttribute, op: string): MessageInitShape<typeof AttributeProtoSchema> {
  if (typeof value === 'string') return { type: Type.STRING, s: new TextEncoder().encode(value) }
  if (typeof value === 'number')
    return floatNames.has(name) || !Number.isInteger(value)
      ? { type: Type.FLOAT, f: value }
      : { type: Type.INT, i: int64(value) }
  if (value instanceof Float32Array) return { type: Type.FLOATS, floats: Array.from(value) }
  if (isList(value)) {
    if (value.some((v) => typeof v === 'string'))
      return { type: Type.STRINGS, strings: value.map((v) => new TextEncoder().encode(String(v))) }
    const numbers = value as readonly number[]
    if (floatListNames.has(name) || !numbers.every(Number.isInteger)) return { type: Type.FLOATS, floats: [...numbers] }
    return { type: Type.INTS, ints: numbers.map(int64) }
  }
  return { type: Type.TENSOR, t: tensorProto(value, `${op}.${name}`) }
}

function isList(value: OnnxAttribute): value is readonly number[] | readonly string[] {
  return Array.isArray(value)
}

/** Numbers at the ends of the 64-bit range stand for those ends, as in "slice to the end". */
function int64(value: number): bigint {
  return BigInt.asIntN(64, value >= 2 ** 63 ? 2n ** 63n - 1n : BigInt(value))
}

function tensorProto({ dtype, shape, data }: OnnxTensor, name: string): MessageInitShape<typeof TensorProtoSchema> {
  const length = sizeOf(shape)
  if (data.length !== length)
    throw wrong(
      `the constant "${name}" has ${data.length} values for shape [${shape.join(',')}], expected ${length}.`,
      name,
    )
  const { code, bytes } = elementTypes[dtype]
  if (data.BYTES_PER_ELEMENT !== bytes)
    throw wrong(`the constant "${name}" of dtype ${dtype} is stored in a ${data.constructor.name}.`, name)
  return {
    dims: shape.map(BigInt),
    dataType: code,
    rawData: new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength),
  }
}

function valueProto({ name, dtype, shape }: OnnxValue): MessageInitShape<typeof ValueInfoProtoSchema> {
  if (shape?.some((d) => typeof d === 'number' && !(Number.isSafeInteger(d) && d >= 0))) {
    throw wrong(`"${name}" has shape [${shape.join(',')}], expected whole numbers of at least 0, or names.`, name)
  }
  const dims = shape?.map((d: Dim) =>
    typeof d === 'number'
      ? { value: { case: 'dimValue' as const, value: BigInt(d) } }
      : d.includes('?')
        ? {}
        : { value: { case: 'dimParam' as const, value: d } },
  )
  return {
    name,
    type: {
      value: {
        case: 'tensorType',
        value: { elemType: elementTypes[dtype].code, ...(dims && { shape: { dim: dims } }) },
      },
    },
  }
}
