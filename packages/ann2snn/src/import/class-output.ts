import { numbersInput, type OnnxGraph, type OnnxNode, type OnnxValue } from '@snn/onnx'
import { SnnError } from '@snn/tensor'
import { checkGraph } from '../check.js'

/** Where an ONNX graph has the scores of its classes, and how a class follows from them. */
export interface ClassOutput {
  /** The value that holds a score for each class, by its name in the file. */
  readonly scores: string
  /** The output of the graph to read: that of the scores, or one that gives the class itself. */
  readonly output: string
  /** Whether `output` gives the class, not scores. */
  readonly isLabel: boolean
  /** What tells two classes apart where there is one score: class 1 lies above. */
  readonly boundary: number
  /** Further outputs that may hold the classes as well: which one is asked for is a guess. */
  readonly rivals: readonly string[]
  /** What was decided, for a report. */
  readonly note?: string
}

/**
 * The same, where a guess will not do. Throws `ARGUMENT` where several outputs may hold the classes: then the option
 * output has to say.
 */
export function onlyClassOutput(graph: OnnxGraph, wanted?: string): ClassOutput {
  const found = classOutput(graph, wanted)
  if (found.rivals.length === 0) return found
  const left = [found.output, ...found.rivals]
  const text = left.map((name) => `${name} [${valueNamed(graph, name)?.shape?.join(',') ?? '?'}]`).join(', ')
  throw new SnnError(
    'ARGUMENT',
    `[classOutput] the model has the outputs ${text}, and any of them may hold the classes, expected one. Choose it with the option output (--output ${found.output}, say).`,
    { name: 'output', value: left },
  )
}

/**
 * The output of a classifier that holds the classes: the one asked for; or the scores that an output which is a class
 * (an ArgMax, say) was chosen by; or the one that is left when whole numbers, what other outputs are computed from
 * (features), and maps have been put aside. The first where several are left. Throws `ARGUMENT` for a name that is not
 * in the graph, `SNN_FILE` for a network that is spiking already.
 */
export function classOutput(graph: OnnxGraph, wanted?: string): ClassOutput {
  checkGraph('classOutput', graph)
  if ('snn.version' in graph.metadata) {
    throw new SnnError(
      'SNN_FILE',
      '[importOnnx] the file is a spiking network (.snn.onnx) already, expected a plain ONNX model. Read it with readSnn(bytes), or use it as it is: snn eval, run and deploy take it.',
      { reason: 'converted already' },
    )
  }
  const makers = makersOf(graph)
  const names = graph.outputs.map(({ name }) => name)
  if (names.length === 0)
    throw new SnnError('ARGUMENT', '[importOnnx] the model has no outputs, expected at least one. Export it again.', {
      name: 'graph',
      value: graph.name,
    })
  if (wanted !== undefined && !names.includes(wanted) && !makers.has(wanted)) {
    throw new SnnError(
      'ARGUMENT',
      `[importOnnx] output "${wanted}" is not in the model, expected one of ${names.join(', ')}, or the name of a value inside.`,
      { name: 'output', value: wanted },
    )
  }
  const [output, ...rivals] = wanted === undefined ? candidates(graph, makers) : [wanted]
  const label = labelled(graph, makers, output!)
  const scores = label?.scores ?? output!
  const notes = [
    ...(wanted === undefined && names.length > 1
      ? [`The model has the outputs ${names.join(', ')}; "${output}" is used. Choose another with the option output.`]
      : []),
    ...(scores === output
      ? []
      : [`The output "${output}" is a class; here it is "${scores}", the scores that it is chosen by.`]),
  ]
  return {
    scores,
    output: output!,
    rivals,
    isLabel: label !== undefined || isClass(graph, output!),
    boundary: label?.boundary ?? boundaryOf(graph, makers, scores),
    ...(notes.length > 0 && { note: notes.join(' ') }),
  }
}

type Makers = ReadonlyMap<string, OnnxNode>

function makersOf({ nodes }: OnnxGraph): Makers {
  return new Map(
    nodes.flatMap((node) => node.outputs.filter((name) => name !== '').map((name) => [name, node] as const)),
  )
}

function candidates(graph: OnnxGraph, makers: Makers): readonly string[] {
  const names = graph.outputs.map(({ name }) => name)
  // a class among the outputs says which scores it was chosen by
  const told = new Map(
    names.flatMap((name) => {
      const scores = labelled(graph, makers, name)?.scores
      return scores === undefined ? [] : [[scores, names.includes(scores) ? scores : name] as const]
    }),
  )
  if (told.size > 0) return [...told.values()]
  const isMap = (name: string): boolean => makers.get(name)?.op === 'ZipMap'
  const isInner = (name: string): boolean =>
    names.some(
      (other) => other !== name && !isMap(other) && !isWhole(graph, other) && ancestors(makers, other).has(name),
    )
  const scores = names.filter((name) => !isMap(name) && !isWhole(graph, name) && !isInner(name))
  const left = scores.length > 0 ? scores : names.slice(0, 1)
  const vectors = left.filter(
    (name) => (valueNamed(graph, name)?.shape ?? []).slice(1).filter((dim) => dim !== 1).length <= 1,
  )
  return vectors.length > 0 ? vectors : left
}

function valueNamed(graph: OnnxGraph, name: string): OnnxValue | undefined {
  return graph.values.get(name) ?? graph.outputs.find((output) => output.name === name)
}

/** Operations behind a choice that leave it what it is, by the input that they pass on. */
const passing: Readonly<Record<string, number>> = {
  Cast: 0,
  Reshape: 0,
  Squeeze: 0,
  Unsqueeze: 0,
  Flatten: 0,
  Identity: 0,
  Transpose: 0,
  ArrayFeatureExtractor: 1,
}

/** The value that `name` is, before operations that pass it on. */
function behind(makers: Makers, name: string, through: Readonly<Record<string, number>>): string {
  for (let node = makers.get(name); node && Object.hasOwn(through, node.op); node = makers.get(name))
    name = node.inputs[through[node.op]!] ?? ''
  return name
}

/** Of a value that is a class: the scores it is chosen by, and the boundary where there is one score. */
function labelled(
  graph: OnnxGraph,
  makers: Makers,
  name: string,
): { readonly scores: string; readonly boundary?: number } | undefined {
  const source = behind(makers, name, passing)
  const node = makers.get(source)
  const [scores = ''] = node?.inputs ?? []
  if (!node || scores === '') return undefined
  if (node.op === 'ArgMax' || (node.op === 'TopK' && node.outputs[1] === source)) return { scores }
  const boundary = node.op === 'Greater' || node.op === 'GreaterOrEqual' ? numbersInput(graph, node, 1) : undefined
  return boundary?.length === 1 ? { scores, boundary: boundary[0]! } : undefined
}

/** Whether a value holds whole numbers, but for bytes, which may be quantised scores. */
function isWhole(graph: OnnxGraph, name: string): boolean {
  return !['float32', 'float64', 'uint8', 'int8'].includes(valueNamed(graph, name)?.dtype ?? 'float32')
}

/** Whether a value is one whole number for each sample. */
function isClass(graph: OnnxGraph, name: string): boolean {
  return isWhole(graph, name) && (valueNamed(graph, name)?.shape ?? []).slice(1).every((dim) => dim === 1)
}

function ancestors(makers: Makers, name: string): Set<string> {
  const found = new Set<string>()
  const waiting = [name]
  while (waiting.length > 0) {
    for (const input of makers.get(waiting.pop()!)?.inputs ?? []) {
      if (input !== '' && !found.has(input)) {
        found.add(input)
        waiting.push(input)
      }
    }
  }
  return found
}

/** Operations that make a share of 1, whose middle is 0.5, and those that pick or mirror shares. */
const shares = new Set(['Sigmoid', 'HardSigmoid', 'Softmax'])
const ofShares: Readonly<Record<string, number>> = {
  ...passing,
  Gather: 0,
  Slice: 0,
  Split: 0,
  QuantizeLinear: 0,
  DequantizeLinear: 0,
}

function boundaryOf(graph: OnnxGraph, makers: Makers, name: string): number {
  const node = makers.get(behind(makers, name, ofShares))
  if (!node) return 0
  // 1 - p
  if (node.op === 'Sub' && numbersInput(graph, node, 0)?.every((one) => one === 1))
    return boundaryOf(graph, makers, node.inputs[1]!)
  const [low, high] = node.op === 'Clip' ? [numbersInput(graph, node, 1), numbersInput(graph, node, 2)] : []
  return shares.has(node.op) || (low?.[0] === 0 && high?.[0] === 1) ? 0.5 : 0
}
