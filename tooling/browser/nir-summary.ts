import { compile, reference, type Tensor } from '@snn/tensor'
import { fromNir, readNir, writeNir } from '@snn/nir'

/** What is compared of a graph that Node and a browser have read, written and run. */
export async function summarizeNir(bytes: Uint8Array): Promise<object> {
  const graph = await readNir(bytes, { repair: true })
  const again = await readNir(await writeNir(graph), { repair: true })
  const net = fromNir(again, { dt: 1e-4, as: 'euler' })
  const shape = net.inputs[0]?.shape ?? []
  const T = 20
  const data = Float32Array.from({ length: T * shape.reduce((a, b) => a * b, 1) }, (_, i) => Number(i % 3 === 0))
  const out = await compile((x: Tensor) => net.forward(x), { backend: reference() })({ data, shape: [T, 1, ...shape] })
  return { nodes: Object.values(again.nodes).map(({ type }) => type), edges: again.edges, out: [...out.data] }
}
