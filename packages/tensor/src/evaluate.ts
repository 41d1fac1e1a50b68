import { chooseBackend, defaultBackend } from './backend-default.js'
import type { TypedArray } from './dtype.js'
import { SnnError } from './error.js'
import { isPrimitive, topological } from './graph.js'
import { simplify } from './passes/simplify.js'
import { reference } from './reference/backend.js'
import { sizeOf } from './shape.js'
import type { HostTensor } from './tensor-like.js'
import type { Tensor } from './tensor.js'
import { inTurn } from './turns.js'

/** Without a default backend, graphs with no more elements than this run on the reference backend. */
const smallGraph = 1 << 20

/** The value of a tensor that depends on no trace. */
export async function evaluate(x: Tensor): Promise<TypedArray> {
  if (x.node.scope !== null) {
    throw new SnnError(
      'TRACED_VALUE',
      `[data] the tensor built at ${x.node.place} belongs to a trace and has no value. Return it from the compiled function and read the result.`,
      { place: x.node.place },
    )
  }
  const graph = { parameters: [], results: [x] }
  let elements = 0
  for (const node of topological(graph)) {
    if (isPrimitive(node, 'placeholder')) {
      throw new SnnError(
        'UNBOUND',
        `[data] the graph needs the placeholder built at ${node.place}, which has no value. Use compile() or interpret().`,
        { place: node.place },
      )
    }
    const steps = isPrimitive(node, 'scan') ? node.attributes.length : 1
    for (const output of node.outputs) elements += steps * sizeOf(output.shape)
  }
  const backend = defaultBackend() ?? (elements <= smallGraph ? reference() : chooseBackend(undefined))
  const executable = await backend.compile(simplify({ ...graph, assigns: [] }))
  try {
    const [value] = (await inTurn(backend, () => executable.run([]))) as readonly HostTensor[]
    return value!.data
  } finally {
    await executable.dispose()
  }
}
