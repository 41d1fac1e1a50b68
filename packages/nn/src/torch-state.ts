import { formatShape, hostTensor, SnnError, type HostTensor, type TensorLike } from '@snn/tensor'
import { checkObject, checkOptions, isFloat } from '@snn/tensor/library'
import { checkNetwork } from './check.js'
import type { Layer } from './layer.js'
import type { Network } from './network.js'
import type { NetworkNode } from './network-form.js'
import { loadStateDict, type LoadOptions, type LoadReport } from './state-dict.js'

/**
 * What the ends of names in state dicts of PyTorch, SpikingJelly and snnTorch are called here; null: not needed. Others
 * have the same name.
 */
const names: Readonly<Record<string, string | null>> = {
  // torch.nn.BatchNorm*
  running_mean: 'mean',
  running_var: 'variance',
  num_batches_tracked: null,
  // SpikingJelly: MaskedPSN
  _lambda_: 'lambda',
  mask0: null,
  mask1: null,
  // SpikingJelly: DSRIFNode, DSRLIFNode; snnTorch calls it threshold
  v_threshold: 'threshold',
  // snnTorch: an enumeration that the option `reset` says here
  reset_mechanism_val: null,
}

/** Values that must be so, for a layer here has no such factor. snnTorch: `graded_spikes_factor`. */
const fixed: Readonly<Record<string, number>> = { graded_spikes_factor: 1 }

export interface TorchOptions extends LoadOptions {
  /**
   * Which module of PyTorch is which layer of the network, where order and shapes do not tell: `{ 'layer1.conv':
   * 'conv1' }`.
   */
  readonly names?: Readonly<Record<string, string>>
}

/** What became of the values of a PyTorch model. */
export interface TorchReport extends LoadReport {
  /** The layer that each module has become. */
  readonly modules: Readonly<Record<string, string>>
}

/** A module of PyTorch: its entries by the names that they have here. */
interface Module {
  readonly name: string
  readonly entries: ReadonlyMap<string, { readonly from: string; readonly value: HostTensor }>
}

/**
 * Sets a network from a state dict of PyTorch, of SpikingJelly or of snnTorch, as `readSafetensors` gives it. Names
 * need not be ours: a module (`0`, `layer.3`, `conv1`) is matched with a layer of the same arrays in the same shapes;
 * several that are alike go in the order of their numbers. Running statistics, counters of batches, `w` of
 * SpikingJelly's ParametricLIFNode, `beta`, `alpha` and `threshold` of snnTorch have the names that they have here;
 * where a parameter is a plain number here, it must be equal.
 *
 * @throws `STATE_DICT` naming what is left on both sides and values that differ; `ARGUMENT` for modules that are alike
 * but not numbered, and unknown `names`
 */
export function loadTorchState(
  net: Network,
  dict: Readonly<Record<string, TensorLike>>,
  options: TorchOptions = {},
): TorchReport {
  checkNetwork('loadTorchState', net)
  checkObject('loadTorchState', dict, 'dict', 'arrays by name')
  checkOptions('loadTorchState', options, ['names', 'strict'])
  const { names: given = {}, strict = true } = options
  net.parameters()
  const modules = modulesOf(dict)
  const pairs = new Map<NetworkNode, Module>()
  for (const [name, layer] of Object.entries(given)) {
    const module = modules.find((one) => one.name === name)
    if (!module)
      throw new SnnError(
        'ARGUMENT',
        `[loadTorchState] names: '${name}', expected one of the modules ${modules.map((one) => one.name).join(', ')}. Correct it.`,
        { name: 'names', value: name },
      )
    pairs.set(net.node(layer), module)
  }
  const taken = new Set(pairs.values())
  const free = modules.filter((module) => !taken.has(module))
  for (const { nodes, candidates } of groups(net, pairs, free)) {
    if (nodes.length !== candidates.length) continue
    if (nodes.length > 1 && new Set(candidates.map(({ name }) => name.replace(/\d+/g, '#'))).size > 1) {
      const which = candidates.map(({ name }) => name).join(', ')
      throw new SnnError(
        'ARGUMENT',
        `[loadTorchState] the modules ${which} have the same arrays, and names that do not say their order, as the layers ${nodes.map(({ name }) => name).join(', ')}. Say which is which: { names: { '${candidates[0]!.name}': '${nodes[0]!.name}', .. } }.`,
        { name: 'names', value: which },
      )
    }
    nodes.forEach((node, i) => pairs.set(node, candidates[i]!))
  }

  const own: Record<string, TensorLike> = {}
  const mismatched: { name: string; got: string; expected: string }[] = []
  for (const [{ name, layer }, { entries }] of pairs) {
    for (const [key, { from, value }] of entries) {
      const variable = layer.variables[key]
      const expected = variable ? undefined : (fixed[key] ?? layer.config[key])
      if (variable)
        own[`${name}.${key}`] = {
          data:
            isFloat(value.dtype) && isFloat(variable.dtype) && value.dtype !== variable.dtype
              ? Float32Array.from(value.data)
              : value.data,
          shape: sameNumbers(value, variable.shape) ? variable.shape : value.shape,
          dtype: isFloat(value.dtype) ? variable.dtype : value.dtype,
        }
      else if (
        typeof expected !== 'number' ||
        !value.data.every((number) => Math.abs(number - expected) <= 1e-6 * Math.max(1, Math.abs(expected)))
      ) {
        mismatched.push({
          name: `${name}.${key}`,
          got: `${from} = ${value.data.length === 1 ? value.data[0] : formatShape(value.shape)}`,
          expected: typeof expected === 'number' ? String(expected) : `a layer with ${key}`,
        })
      }
    }
  }
  const missing = net.nodes.flatMap(({ name, layer }) =>
    needed(layer).flatMap((key) => (`${name}.${key}` in own ? [] : [`${name}.${key}`])),
  )
  const matched = new Set(pairs.values())
  const unexpected = modules
    .filter((module) => !matched.has(module))
    .flatMap(({ entries }) => [...entries.values()].map(({ from }) => from))
  if (mismatched.length > 0 || (strict && missing.length + unexpected.length > 0)) {
    const parts = [
      ...(missing.length > 0 ? [`the network's ${missing.join(', ')} without a match`] : []),
      ...(unexpected.length > 0 ? [`the file's ${unexpected.join(', ')} without a match`] : []),
      ...mismatched.map(({ name, got, expected }) => `${got} for ${name}, which is ${expected}`),
    ]
    throw new SnnError(
      'STATE_DICT',
      `[loadTorchState] got ${parts.join('; ')}, expected for each module a layer with the same arrays in the same shapes. Build the network as it is in PyTorch (snnTorch's Leaky is synaptic({ alpha: 0, beta })), give { names }, or { strict: false }.`,
      { missing, unexpected, mismatched },
    )
  }
  loadStateDict(net, own, { strict: false })
  return {
    missing,
    unexpected,
    modules: Object.fromEntries([...pairs].map(([node, module]) => [module.name, node.name])),
  }
}

/** Modules in the order of the numbers in their names. */
function modulesOf(dict: Readonly<Record<string, TensorLike>>): Module[] {
  const found = new Map<string, Map<string, { from: string; value: HostTensor }>>()
  for (const [from, value] of Object.entries(dict)) {
    const at = from.lastIndexOf('.')
    const [module, end] = [from.slice(0, Math.max(at, 0)), from.slice(at + 1)]
    const key = Object.hasOwn(names, end) ? names[end] : end
    if (!found.has(module)) found.set(module, new Map())
    if (key != null) found.get(module)!.set(key, { from, value: hostTensor(value, `loadTorchState: ${from}`) })
  }
  const order = new Intl.Collator('en', { numeric: true })
  return [...found]
    .filter(([, entries]) => entries.size > 0)
    .map(([name, entries]) => ({ name, entries }))
    .sort((a, b) => order.compare(a.name, b.name))
}

/** Layers that the same modules fit, with these. */
function groups(
  net: Network,
  pairs: ReadonlyMap<NetworkNode, Module>,
  modules: readonly Module[],
): { nodes: NetworkNode[]; candidates: readonly Module[] }[] {
  const found = new Map<string, { nodes: NetworkNode[]; candidates: readonly Module[] }>()
  for (const node of net.nodes) {
    if (pairs.has(node)) continue
    const candidates = modules.filter((module) => fits(module, node))
    if (candidates.length === 0) continue
    const key = candidates.map(({ name }) => name).join('\n')
    if (!found.has(key)) found.set(key, { nodes: [], candidates })
    found.get(key)!.nodes.push(node)
  }
  return [...found.values()]
}

/**
 * Arrays of a layer that such files hold: what training changes, and running statistics; not counters of random draws
 * and the like.
 */
function needed({ variables, trainable = Object.keys(variables) }: Layer): string[] {
  return Object.keys(variables).filter((key) => trainable.includes(key) || Object.values(names).includes(key))
}

/** Whether a module has all that a layer needs, in the same shapes, and nothing that the layer has no place for. */
function fits({ entries }: Module, { layer }: NetworkNode): boolean {
  return (
    needed(layer).every((key) => entries.has(key)) &&
    [...entries].every(([key, { value }]) => {
      const variable = layer.variables[key]
      return variable
        ? sameNumbers(value, variable.shape)
        : typeof layer.config[key] === 'number' || (Object.hasOwn(fixed, key) && entries.size > 1)
    })
  )
}

/** Whether shapes are equal but for axes of 1 at their ends: SpikingJelly has [T, 1] where we have [T]. */
function sameNumbers({ shape }: HostTensor, own: readonly number[]): boolean {
  const short = (sizes: readonly number[]): string =>
    sizes
      .join()
      .replace(/(,1)+$/, '')
      .replace(/^1$/, '')
  return short(shape) === short(own)
}
