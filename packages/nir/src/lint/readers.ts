import type { NirNodeType } from '../graph.js'
import type { ChipName } from '../resources/fit.js'
import {
  always,
  batched,
  changes,
  countsFromFront,
  grouped,
  isNot,
  notInBytes,
  notSquare,
  otherWidth,
  padded,
  rejects,
  several,
  unlike,
  varies,
  withoutAxes,
  type Condition,
  type Test,
} from './condition.js'

/** What one tool makes of one type of node: whether it reads it, on what conditions, and where its code says so. */
export interface Capability {
  readonly reads: boolean
  readonly conditions: readonly Condition[]
  /** The part of the tool's source that decides. */
  readonly source: string
}

/** What a whole graph may be to a tool. */
export interface GraphLimits {
  /** Graphs inside: any, one of a neuron and its recurrent weight, or none. */
  readonly inner: 'any' | 'recurrent' | 'none'
  /** Edges that go in circles: any, a neuron and its recurrent weight, or none. */
  readonly circles: 'any' | 'recurrent' | 'none'
  readonly oneInput: boolean
  /** A node may lead to several others, and several may lead to one. */
  readonly branches: boolean
  readonly source: string
}

/** A tool that reads NIR. */
export interface Reader {
  readonly title: string
  /** The file that reads, at the commit that was read. */
  readonly url: string
  readonly nodes: { readonly [T in NirNodeType]: Capability }
  readonly graph: GraphLimits
  /** The chip that it programs, and nothing else. */
  readonly chip?: ChipName
}

const reads = (source: string, ...conditions: readonly Condition[]): Capability => ({ reads: true, conditions, source })
const not = (source: string): Capability => ({ reads: false, conditions: [], source })

const reset: Test = isNot('v_reset', 0)
const weight = 'Give each neuron its own node, or equal values.'
const scale = 'Take it into the weights before it: multiply them and the bias.'
const leakless = 'Take the leak into a bias before it, with v_leak 0.'
const zeroReset = 'Reset to 0.'
const negative = 'Count with negative numbers: start_dim -3 for [C,H,W], end_dim -1.'
const ungroup = 'Give the groups as one weight with zeros, or as several convolutions.'
const pad = 'Pad in the layer before, or take a window that needs none.'
const matrix = 'Give one matrix, over a flat input.'
const subtracts = 'Export it from a network that was trained with reset by subtraction, or expect other rates.'
const atThreshold = changes(
  always('a tie'),
  'fires at the threshold, too',
  'Raise the threshold a little where values tie with it.',
)
const resetChanges = changes(reset, 'resets to 0', zeroReset)

const nir: Reader = {
  title: "nir's own type check",
  url: 'https://github.com/neuromorphs/NIR/blob/7232ada6d30e1beea78b180a5135b1a3bb3d3bc0/nir/ir',
  nodes: {
    Input: reads('graph.py Input'),
    Output: reads('graph.py Output'),
    Affine: reads('linear.py Affine'),
    Linear: reads('linear.py Linear'),
    Scale: reads('linear.py Scale', rejects(withoutAxes('scale'), 'Give it the shape of its input.')),
    Conv1d: reads('conv.py Conv1d', rejects(grouped, ungroup)),
    Conv2d: reads(
      'conv.py Conv2d',
      rejects(grouped, ungroup),
      rejects(otherWidth, 'Make the kernel square with zeros.'),
    ),
    SumPool2d: reads('graph.py infer_types'),
    AvgPool2d: reads('graph.py infer_types'),
    Flatten: reads('flatten.py Flatten'),
    Delay: reads('delay.py Delay', rejects(withoutAxes('delay'), 'Give it the shape of its input.')),
    Threshold: reads('threshold.py Threshold', rejects(withoutAxes('threshold'), 'Give it the shape of its input.')),
    I: reads('neuron.py I', rejects(withoutAxes('r'), 'Give parameters the shape of the neurons.')),
    IF: reads('neuron.py IF', rejects(withoutAxes('r'), 'Give parameters the shape of the neurons.')),
    LI: reads('neuron.py LI', rejects(withoutAxes('r'), 'Give parameters the shape of the neurons.')),
    LIF: reads('neuron.py LIF', rejects(withoutAxes('r'), 'Give parameters the shape of the neurons.')),
    CubaLI: reads('neuron.py CubaLI', rejects(withoutAxes('r'), 'Give parameters the shape of the neurons.')),
    CubaLIF: reads('neuron.py CubaLIF', rejects(withoutAxes('r'), 'Give parameters the shape of the neurons.')),
    NIRGraph: reads('graph.py NIRGraph'),
  },
  graph: { inner: 'any', circles: 'any', oneInput: false, branches: true, source: 'graph.py infer_types, check_types' },
}

const tauOverDt = 'tau / dt'
const snntorchWarns = not('_nir_to_snntorch_module: else, "could not parse"')
const snntorch: Reader = {
  title: 'snnTorch',
  url: 'https://github.com/jeshraghian/snntorch/blob/0819ba4cd5cad367884472f139b4addd3b51facb/snntorch/import_nir.py',
  nodes: {
    Input: reads('_nir_to_snntorch_module: Input'),
    Output: reads('_nir_to_snntorch_module: Output'),
    Affine: reads('_nir_to_snntorch_module: Affine', rejects(batched, matrix)),
    Linear: reads('_nir_to_snntorch_module: Linear', rejects(batched, matrix)),
    Scale: snntorchWarns,
    Conv1d: snntorchWarns,
    Conv2d: reads('_nir_to_snntorch_module: Conv2d', rejects(grouped, ungroup)),
    SumPool2d: snntorchWarns,
    AvgPool2d: reads('_nir_to_snntorch_module: AvgPool2d'),
    Flatten: reads(
      '_nir_to_snntorch_module: Flatten',
      changes(countsFromFront, 'counts the batch as an axis', negative),
    ),
    Delay: snntorchWarns,
    Threshold: snntorchWarns,
    I: snntorchWarns,
    IF: reads(
      '_nir_to_snntorch_module: IF',
      rejects(varies('v_threshold'), weight),
      rejects(isNot('r', 1), scale),
      changes(always('the reset'), 'subtracts the threshold, the default of Leaky', subtracts),
    ),
    LI: snntorchWarns,
    LIF: reads(
      '_nir_to_snntorch_module: LIF',
      rejects(isNot('v_leak', 0), leakless),
      rejects(varies('v_threshold'), weight),
      changes(varies('tau', 'r'), 'scales all thresholds by r dt / tau of the first', weight),
      resetChanges,
    ),
    CubaLI: snntorchWarns,
    CubaLIF: reads(
      '_nir_to_snntorch_module: CubaLIF',
      rejects(isNot('v_leak', 0), leakless),
      rejects(
        unlike('r', 'tau_mem / dt', (of, dt, i) => of('tau_mem', i) / dt),
        scale,
      ),
      rejects(varies('v_threshold'), weight),
      changes(
        isNot('w_in', 1),
        'divides the threshold by w_in of the first neuron, and leaves dt / tau_syn out',
        'Give w_in 1, with weights that are multiplied by dt / tau_syn w_in.',
      ),
      resetChanges,
    ),
    NIRGraph: reads('_parse_rnn_subgraph'),
  },
  graph: {
    inner: 'recurrent',
    circles: 'recurrent',
    oneInput: true,
    branches: true,
    source: '_replace_rnn_subgraph_with_nirgraph, _parse_rnn_subgraph',
  },
}

const norseNone = not('_import_norse_module: no branch')
const norse: Reader = {
  title: 'Norse',
  url: 'https://github.com/norse/norse/blob/22a17ec20fdb7828e1c79c00ddb5a45ee9f4bb7e/norse/torch/utils/import_nir.py',
  nodes: {
    Input: reads('nirtorch.load: Input'),
    Output: reads('nirtorch.load: Output'),
    Affine: reads('_import_norse_module: Affine', rejects(batched, matrix)),
    Linear: reads('_import_norse_module: Linear', rejects(batched, matrix)),
    Scale: norseNone,
    Conv1d: norseNone,
    Conv2d: reads('_import_norse_module: Conv2d', rejects(grouped, ungroup)),
    SumPool2d: reads('_import_norse_module: SumPool2d', changes(padded, 'leaves the padding out, with a warning', pad)),
    AvgPool2d: norseNone,
    Flatten: reads('_import_norse_module: Flatten', changes(countsFromFront, 'counts the batch as an axis', negative)),
    Delay: norseNone,
    Threshold: norseNone,
    I: norseNone,
    IF: reads('_import_norse_module: IF', changes(isNot('r', 1), 'takes r as 1, with a warning', scale), resetChanges),
    LI: norseNone,
    LIF: reads(
      '_import_norse_module: LIF',
      changes(isNot('r', 1), 'takes r as 1, with a warning', scale),
      resetChanges,
    ),
    CubaLI: norseNone,
    CubaLIF: reads(
      '_import_norse_module: CubaLIF',
      changes(isNot('v_leak', 0), 'lets the current rest at v_leak, too', leakless),
      resetChanges,
    ),
    NIRGraph: not('_import_norse_module: NIRGraph, commented out'),
  },
  graph: {
    inner: 'none',
    circles: 'any',
    oneInput: true,
    branches: true,
    source: 'nirtorch/from_nir.py GraphExecutor',
  },
}

const sinabsNone = not('_import_sinabs_module: no branch')
const steps = changes(
  always('tau in seconds'),
  'takes it as a number of steps, and all of the input in',
  'Divide tau_mem of the layer by dt, and scale weights by dt / tau, after reading.',
)
const manySpikes = changes(
  always('the reset'),
  'subtracts thresholds, as many as fit into v, and fires at the threshold',
  subtracts,
)
const sinabs: Reader = {
  title: 'sinabs',
  url: 'https://github.com/synsense/sinabs/blob/02bd5b6615f9388b29cab49ef5890f12baf42558/sinabs/nir.py',
  nodes: {
    Input: reads('_import_sinabs_module: Input'),
    Output: reads('_import_sinabs_module: Output'),
    Affine: reads('_import_sinabs_module: Affine', rejects(batched, matrix)),
    Linear: sinabsNone,
    Scale: sinabsNone,
    Conv1d: reads('_import_sinabs_module: Conv1d', rejects(grouped, ungroup)),
    Conv2d: reads('_import_sinabs_module: Conv2d', rejects(grouped, ungroup)),
    SumPool2d: reads('_import_sinabs_module: SumPool2d', changes(padded, 'leaves the padding out', pad)),
    AvgPool2d: sinabsNone,
    Flatten: reads('_import_sinabs_module: Flatten', changes(countsFromFront, 'counts the batch as an axis', negative)),
    Delay: sinabsNone,
    Threshold: sinabsNone,
    I: sinabsNone,
    IF: reads(
      '_import_sinabs_module: IF',
      changes(isNot('r', 1), 'takes r as 1', scale),
      changes(always('v below 0'), 'holds v at -v_threshold', 'Expect other rates where inhibition is strong.'),
      manySpikes,
    ),
    LI: reads('_import_sinabs_module: LI', rejects(isNot('v_leak', 0), leakless), rejects(isNot('r', 1), scale), steps),
    LIF: reads(
      '_import_sinabs_module: LIF',
      rejects(isNot('v_leak', 0), leakless),
      changes(isNot('r', 1), 'takes r as 1', scale),
      steps,
      manySpikes,
    ),
    CubaLI: sinabsNone,
    CubaLIF: sinabsNone,
    NIRGraph: sinabsNone,
  },
  graph: {
    inner: 'none',
    circles: 'any',
    oneInput: true,
    branches: true,
    source: 'nirtorch/from_nir.py GraphExecutor',
  },
}

const onChip = not('chips/dynapcnn.py: a core is a convolution, a neuron without leak and a pooling')
const bytes = changes(notInBytes, 'rounds them', 'Quantise first and look at the accuracy.')
const steps8 = changes(
  always('biases and thresholds'),
  'rounds them to whole steps of the weights',
  'Look at the accuracy in sinabs, with discretize=True.',
)
const speck: Reader = {
  title: 'Speck',
  url: 'https://github.com/synsense/sinabs/blob/05546a41748d603ae615683676447f3f884428bc/sinabs/backend/dynapcnn',
  nodes: {
    ...sinabs.nodes,
    Affine: reads('chips/dynapcnn.py get_dynapcnn_layer_config_dict', rejects(batched, matrix), bytes, steps8),
    Conv1d: onChip,
    Conv2d: reads(
      'chips/dynapcnn.py get_dynapcnn_layer_config_dict',
      rejects(grouped, ungroup),
      rejects(notSquare, 'Make the kernel square with zeros.'),
      bytes,
      steps8,
    ),
    LI: onChip,
    LIF: onChip,
  },
  chip: 'speck',
  graph: { inner: 'none', circles: 'none', oneInput: true, branches: true, source: 'chips/dynapcnn.py build_config' },
}

const rockpoolNone = not('_convert_nir_to_rockpool: NotImplementedError')
const rockpool: Reader = {
  title: 'Rockpool, Xylo',
  url: 'https://github.com/synsense/rockpool/blob/0bbcef6fe992d53f4dcefd9ba6dd780a4302ed25/rockpool/nn/modules/torch/nir.py',
  nodes: {
    Input: reads('_convert_nir_to_rockpool: Input'),
    Output: reads('_convert_nir_to_rockpool: Output'),
    Affine: reads('_convert_nir_to_rockpool: Affine', rejects(batched, matrix)),
    Linear: reads('_convert_nir_to_rockpool: Linear', rejects(batched, matrix)),
    Scale: rockpoolNone,
    Conv1d: rockpoolNone,
    Conv2d: rockpoolNone,
    SumPool2d: rockpoolNone,
    AvgPool2d: rockpoolNone,
    Flatten: rockpoolNone,
    Delay: rockpoolNone,
    Threshold: rockpoolNone,
    I: rockpoolNone,
    IF: rockpoolNone,
    LI: reads(
      '_convert_nir_to_rockpool: LI',
      changes(always('tau'), 'cuts it to whole seconds', 'Set tau of the module after reading.'),
      changes(isNot('v_leak', 0), 'leaves v_leak out', leakless),
    ),
    LIF: rockpoolNone,
    CubaLI: rockpoolNone,
    CubaLIF: reads(
      '_convert_nir_to_rockpool: CubaLIF',
      changes(
        unlike(
          'r',
          'tau_mem / dt e^(-dt / tau_mem)',
          (of, dt, i) => (of('tau_mem', i) / dt) * Math.exp(-dt / of('tau_mem', i)),
        ),
        'makes dt of tau_mem / (1 + r), and takes all of the input in',
        scale,
      ),
      changes(isNot('w_in', 1), 'leaves w_in out', scale),
      changes(isNot('v_leak', 0), 'adds it in every step, as a bias', leakless),
      resetChanges,
      manySpikes,
    ),
    NIRGraph: reads('_convert_nir_to_rockpool: NIRGraph'),
  },
  graph: {
    inner: 'recurrent',
    circles: 'any',
    oneInput: true,
    branches: true,
    source: '_convert_nir_to_rockpool: NIRGraph; nirtorch/from_nir.py GraphExecutor',
  },
}

const lavaNone = not('_nir_node_to_lava_dl: ValueError')
const lava: Reader = {
  title: 'Lava, lava-dl',
  url: 'https://github.com/neuromorphs/NIR/blob/7232ada6d30e1beea78b180a5135b1a3bb3d3bc0/docs/source/examples/lava/nir_to_lava.py',
  nodes: {
    Input: reads('_nir_node_to_lava_dl: Input'),
    Output: reads('_nir_node_to_lava_dl: Output'),
    Affine: reads(
      '_nir_node_to_lava_dl: Affine',
      rejects(batched, matrix),
      changes(
        isNot('bias', 0),
        'refuses it in Lava itself, takes it in lava-dl',
        'Take the bias into a v_leak, or use lava-dl.',
      ),
    ),
    Linear: reads('_nir_node_to_lava_dl: Linear', rejects(batched, matrix)),
    Scale: lavaNone,
    Conv1d: lavaNone,
    Conv2d: reads('_nir_node_to_lava_dl: Conv2d', rejects(isNot('bias', 0), 'Give a bias of zeros.')),
    SumPool2d: reads('_nir_node_to_lava_dl: SumPool2d'),
    AvgPool2d: lavaNone,
    Flatten: reads('_nir_node_to_lava_dl: Flatten'),
    Delay: lavaNone,
    Threshold: lavaNone,
    I: lavaNone,
    IF: reads(
      '_nir_node_to_lava_dl: IF',
      rejects(varies('v_threshold', 'r'), weight),
      changes(isNot('r', 1), 'multiplies the threshold by r, where NIR divides', scale),
      resetChanges,
    ),
    LI: lavaNone,
    LIF: reads(
      '_nir_node_to_lava: LIF',
      rejects(several('tau'), 'Use CubaLIF and lava-dl, which reads it.'),
      changes(isNot('r', 1), 'leaves r out', scale),
      changes(isNot('v_leak', 0), 'leaves v_leak out', leakless),
      resetChanges,
    ),
    CubaLI: lavaNone,
    CubaLIF: reads(
      '_nir_node_to_lava_dl: CubaLIF',
      rejects(isNot('v_leak', 0), leakless),
      rejects(
        unlike('r', 'tau_mem / dt', (of, dt, i) => of('tau_mem', i) / dt),
        scale,
      ),
      rejects(varies('tau_syn', 'tau_mem', 'v_threshold'), weight),
      resetChanges,
    ),
    NIRGraph: reads('_parse_rnn_subgraph'),
  },
  graph: {
    inner: 'recurrent',
    circles: 'recurrent',
    oneInput: true,
    branches: false,
    source: 'import_from_nir_to_lava_dl, get_next_node_key',
  },
}

const spinnakerNone = not('create_populations: NotImplementedError')
const spinnakerReset = changes(
  always('the reset'),
  'subtracts the threshold, unless ConversionConfig says ResetMethod.ZERO; v_reset is left out',
  'Convert with reset=ResetMethod.ZERO, and reset to 0.',
)
const byte = changes(
  always('weights'),
  'cuts them to integers of 8 bits',
  'Convert with scale_weights=True, and look at the accuracy.',
)
const spinnaker2: Reader = {
  title: 'SpiNNaker2',
  url: 'https://gitlab.com/spinnaker2/py-spinnaker2/-/blob/main/src/spinnaker2/s2_nir.py',
  nodes: {
    Input: reads('create_populations: Input'),
    Output: reads('create_populations: Output'),
    Affine: reads('create_projection', rejects(batched, matrix), byte),
    Linear: reads('create_projection', rejects(batched, matrix), byte),
    Scale: spinnakerNone,
    Conv1d: not('create_populations: Conv1d is not among WEIGHT_NODES'),
    Conv2d: reads('create_conv2d_projection', rejects(grouped, ungroup), byte),
    SumPool2d: reads('create_sumpool2d_projection', rejects({ ...padded, what: 'padding before a convolution' }, pad)),
    AvgPool2d: reads('create_avgpool2d_projection', rejects({ ...padded, what: 'padding before a convolution' }, pad)),
    Flatten: reads('create_projections: Flatten'),
    Delay: spinnakerNone,
    Threshold: spinnakerNone,
    I: spinnakerNone,
    IF: reads('convert_IF', spinnakerReset),
    LI: spinnakerNone,
    LIF: reads('convert_LIF', spinnakerReset),
    CubaLI: spinnakerNone,
    CubaLIF: reads('convert_CubaLIF', spinnakerReset),
    NIRGraph: spinnakerNone,
  },
  graph: {
    inner: 'none',
    circles: 'any',
    oneInput: false,
    branches: true,
    source: 'create_projections: each connection is a step late',
  },
}

const hxtorchNone = not('_map_nir_to_hxtorch: NotImplementedError')
const milliseconds = changes(
  always('time constants in seconds'),
  'takes them as milliseconds',
  'Give them in milliseconds to this tool.',
)
const brainscales2: Reader = {
  title: 'BrainScaleS-2 (hxtorch)',
  url: 'https://github.com/electronicvisions/hxtorch/blob/1033578436bb5af62a64c2c584426534beeb369b/src/pyhxtorch/hxtorch/spiking/utils/from_nir.py',
  nodes: {
    Input: reads('_map_nir_to_hxtorch: Input'),
    Output: reads('from_nir: SNN'),
    Affine: hxtorchNone,
    Linear: reads(
      '_map_nir_to_hxtorch: Linear',
      rejects(batched, matrix),
      changes(
        always('weights'),
        'scales them by 64 and cuts them to the range of the chip',
        'Convert with a weight_scale that fits, and look at the accuracy.',
      ),
    ),
    Scale: hxtorchNone,
    Conv1d: hxtorchNone,
    Conv2d: hxtorchNone,
    SumPool2d: hxtorchNone,
    AvgPool2d: hxtorchNone,
    Flatten: hxtorchNone,
    Delay: hxtorchNone,
    Threshold: hxtorchNone,
    I: hxtorchNone,
    IF: hxtorchNone,
    LI: hxtorchNone,
    LIF: hxtorchNone,
    CubaLI: reads(
      '_map_nir_to_hxtorch: CubaLI',
      rejects(varies('tau_mem', 'tau_syn', 'v_leak'), weight),
      milliseconds,
      changes(isNot('r', 1), 'leaves r out', scale),
      changes(isNot('w_in', 1), 'leaves w_in out', scale),
    ),
    CubaLIF: reads(
      '_map_nir_to_hxtorch: CubaLIF',
      rejects(varies('tau_mem', 'tau_syn', 'v_leak', 'v_reset', 'v_threshold', 'r'), weight),
      milliseconds,
      changes(isNot('w_in', 1), 'leaves w_in out', scale),
    ),
    NIRGraph: hxtorchNone,
  },
  graph: {
    inner: 'none',
    circles: 'none',
    oneInput: true,
    branches: false,
    source: 'from_nir: Limitations; SNN.forward',
  },
}

const jellyNone = not('_NodeMapper.map_dict: no entry')
const spikingjelly: Reader = {
  title: 'SpikingJelly',
  url: 'https://github.com/fangwei123456/spikingjelly/blob/075f97e91ab22dabfd29651231f9fc625aa95fbf/spikingjelly/activation_based/nir_exchange/from_nir.py',
  nodes: {
    Input: reads('nirtorch.nir_to_torch: Input'),
    Output: reads('nirtorch.nir_to_torch: Output'),
    Affine: reads('map_affine', rejects(batched, matrix)),
    Linear: reads('map_linear', rejects(batched, matrix)),
    Scale: jellyNone,
    Conv1d: jellyNone,
    Conv2d: reads('map_conv2d', rejects(grouped, ungroup)),
    SumPool2d: jellyNone,
    AvgPool2d: reads('map_avgpool2d'),
    Flatten: reads('map_flatten'),
    Delay: jellyNone,
    Threshold: jellyNone,
    I: jellyNone,
    IF: reads(
      'map_if',
      rejects(varies('v_threshold', 'v_reset'), weight),
      rejects(
        unlike('r', '1 / dt', (_, dt) => 1 / dt),
        scale,
      ),
      atThreshold,
    ),
    LI: jellyNone,
    LIF: reads(
      'map_lif',
      rejects(varies('tau', 'r', 'v_leak', 'v_threshold', 'v_reset'), weight),
      rejects(
        unlike('v_leak', 'v_reset', (of, _, i) => of('v_reset', i)),
        'Let the membrane rest where it is reset to.',
      ),
      changes(
        {
          what: `r other than 1 and ${tauOverDt}`,
          test: (node, dt) =>
            isNot('r', 1).test(node, dt) && unlike('r', tauOverDt, (of, step, i) => of('tau', i) / step).test(node, dt),
        },
        `takes r as ${tauOverDt}`,
        scale,
      ),
      atThreshold,
    ),
    CubaLI: jellyNone,
    CubaLIF: jellyNone,
    NIRGraph: jellyNone,
  },
  graph: {
    inner: 'none',
    circles: 'none',
    oneInput: true,
    branches: true,
    source: 'import_from_nir: nirtorch.nir_to_torch',
  },
}

/** What each tool reads of NIR, from its source. */
export const readers = {
  nir,
  snntorch,
  norse,
  sinabs,
  speck,
  rockpool,
  lava,
  spinnaker2,
  brainscales2,
  spikingjelly,
} as const satisfies Readonly<Record<string, Reader>>

/** Software and chips that read NIR, whose limits `lint` knows. */
export type ReaderName = keyof typeof readers
