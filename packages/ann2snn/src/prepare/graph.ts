import { Network, type Layer, type NetworkNode } from '@snn/nn'

/** Which nodes take the value called `name`. */
export function consumersOf(nodes: readonly NetworkNode[], name: string): NetworkNode[] {
  return nodes.filter((node) => node.inputs.includes(name))
}

/** A network while it is being rebuilt: nodes can be replaced, removed and put in. */
export class NetworkDraft {
  readonly #inputs: Network['inputs']
  #nodes: NetworkNode[]
  #outputs: string[]

  constructor(net: Network) {
    this.#inputs = net.inputs
    this.#nodes = [...net.nodes]
    this.#outputs = [...net.outputs]
  }

  get nodes(): readonly NetworkNode[] {
    return this.#nodes
  }

  get outputs(): readonly string[] {
    return this.#outputs
  }

  node(name: string): NetworkNode | undefined {
    return this.#nodes.find((node) => node.name === name)
  }

  /** The only user of a value that is not an output; undefined when there are several or none. */
  onlyConsumer(name: string): NetworkNode | undefined {
    const users = consumersOf(this.#nodes, name)
    return users.length === 1 && !this.#outputs.includes(name) ? users[0] : undefined
  }

  replace(name: string, layer: Layer): void {
    this.#nodes = this.#nodes.map((node) => (node.name === name ? { ...node, layer } : node))
  }

  /** Takes a node with one input out: its users get its input. */
  remove(name: string): void {
    const node = this.node(name)!
    const source = node.inputs[0]!
    this.#nodes = this.#nodes.filter((other) => other !== node)
    this.#reconnect(name, source)
  }

  /** Puts a node behind `source`: those named among its users (default: all, and the outputs) get its output. */
  insertAfter(source: string, name: string, layer: Layer, users?: readonly string[]): void {
    const rename = (from: string): string => (from === source ? name : from)
    this.#nodes = this.#nodes.map((node) =>
      !users || users.includes(node.name) ? { ...node, inputs: node.inputs.map(rename) } : node,
    )
    if (!users) this.#outputs = this.#outputs.map(rename)
    this.#nodes.push({ name, layer, inputs: [source] })
  }

  /** Puts a node behind the output `source`, which becomes the output; other users of `source` stay. */
  appendOutput(source: string, name: string, layer: Layer): void {
    if (!this.node(name)) this.#nodes.push({ name, layer, inputs: [source] })
    this.#outputs = this.#outputs.map((output) => (output === source ? name : output))
  }

  /** Exchanges the layers of two neighbours, keeping names with layers. */
  swap(first: string, second: string): void {
    const [a, b] = [this.node(first)!, this.node(second)!]
    this.#nodes = this.#nodes.map((node) => {
      if (node === a) return { ...a, inputs: [second] }
      if (node === b) return { ...b, inputs: a.inputs }
      return { ...node, inputs: node.inputs.map((name) => (name === second ? first : name)) }
    })
    this.#outputs = this.#outputs.map((name) => (name === second ? first : name))
  }

  #reconnect(from: string, to: string): void {
    this.#nodes = this.#nodes.map((node) => ({
      ...node,
      inputs: node.inputs.map((name) => (name === from ? to : name)),
    }))
    this.#outputs = this.#outputs.map((name) => (name === from ? to : name))
  }

  finish(): Network {
    return new Network({ inputs: this.#inputs, nodes: this.#nodes, outputs: this.#outputs })
  }
}
