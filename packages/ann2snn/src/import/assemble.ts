import { createLayer, Network, type NetworkInput, type NetworkNode } from '@snn/nn'
import { SnnError, variable } from '@snn/tensor'
import { draftsOf, isDraft, type LayerDraft, type Origin, type Source } from './draft.js'

export interface Assembled {
  readonly network: Network
  /** The ONNX node that each layer comes from, by layer name. */
  readonly origins: Readonly<Record<string, Origin>>
}

/** Names the layers by kind and order (`conv1`, `relu1`, `conv2`, ...) and makes the network. */
export function assemble(output: Source, inputs: readonly NetworkInput[]): Assembled {
  const taken = new Set(inputs.map(({ name }) => name))
  const counts = new Map<string, number>()
  const names = new Map<LayerDraft, string>()
  const drafts = draftsOf(output)
  for (const draft of drafts) {
    let name: string
    do {
      const count = (counts.get(draft.prefix) ?? 0) + 1
      counts.set(draft.prefix, count)
      name = `${draft.prefix}${count}`
    } while (taken.has(name))
    names.set(draft, name)
  }
  const nameOf = (source: Source): string => (isDraft(source) ? names.get(source)! : source.input)
  const nodes = drafts.map((draft): NetworkNode => {
    const name = nameOf(draft)
    const variables = Object.fromEntries(
      Object.entries(draft.arrays).map(([key, value]) => [key, variable(value, { name: `${name}.${key}` })]),
    )
    const layer = createLayer(draft.kind, draft.config, variables)
    if (!layer)
      throw new SnnError(
        'ARGUMENT',
        `[importOnnx] no layer of kind '${draft.kind}' in @snn/nn. Install the same version of the packages.`,
        { name: 'kind', value: draft.kind },
      )
    return { name, layer, inputs: draft.inputs.map(nameOf) }
  })
  return {
    network: new Network({ inputs, nodes, outputs: [nameOf(output)] }),
    origins: Object.fromEntries(drafts.map((draft) => [nameOf(draft), draft.origin])),
  }
}
