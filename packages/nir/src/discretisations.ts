/**
 * How a tool makes a step of `dt` seconds out of the equations of NIR. A row is data; `neurons.ts` is the one place
 * that reads it.
 */
export interface Discretisation {
  /** What is left of a membrane or current with time constant tau after a step: e^(-dt / tau), or 1 - dt / tau. */
  readonly decay: 'exponential' | 'linear'
  /** How much of R I a leaky membrane takes in: what its decay gives up, dt / tau, or all. */
  readonly input: '1 - decay' | 'dt / tau' | '1'
  /** How much of R I an integrator takes in. */
  readonly integrator: 'dt' | '1'
  /** How much of w_in S a current takes in; `decay`: it decays at once with the rest. */
  readonly synapse: '1 - decay' | 'dt / tau' | '1' | 'decay'
  /** Which current drives the membrane: that after this step, that before, or the solution of both equations. */
  readonly current: 'new' | 'old' | 'solved'
  readonly fires: 'above' | 'at or above'
  /** How many spikes a step may have: one, or as many as thresholds fit into v. */
  readonly spikes: 'one' | 'many'
  /** v = v_reset, v - v_threshold, or v_reset at the time of the spike and on from there to the end of the step. */
  readonly reset: 'to v_reset' | 'by subtraction' | 'within the step'
  /** Where it is from. */
  readonly source: string
}

const euler = {
  decay: 'linear',
  input: 'dt / tau',
  integrator: 'dt',
  synapse: 'dt / tau',
  current: 'old',
  fires: 'above',
  spikes: 'one',
  reset: 'to v_reset',
} as const

/**
 * The named discretisations. Where a tool refuses or ignores a parameter, its row goes on as it does for the values it
 * takes; `lint` says which.
 */
export const discretisations = {
  exact: {
    decay: 'exponential',
    input: '1 - decay',
    integrator: 'dt',
    synapse: '1 - decay',
    current: 'solved',
    fires: 'above',
    spikes: 'one',
    reset: 'within the step',
    source:
      'the solution for an input that is constant over a step: NIR paper, section 4.4.2, and paper/01_lif/lif_exact_sim.py (a spike of a CubaLIF resets at the end of its step)',
  },
  euler: {
    ...euler,
    source: 'forward Euler, as the reference of CubaLIF in the NIR paper: both equations from the state before',
  },
  norse: {
    ...euler,
    integrator: '1',
    current: 'new',
    source: 'norse/torch/utils/import_nir.py, functional/{lif_box,iaf}.py',
  },
  snntorch: {
    ...euler,
    integrator: '1',
    synapse: '1',
    current: 'new',
    source: 'snntorch/import_nir.py: Leaky and Synaptic with thresholds divided by r dt / tau and by w_in',
  },
  spikingjelly: {
    ...euler,
    current: 'new',
    fires: 'at or above',
    source: 'spikingjelly/activation_based/nir_exchange/from_nir.py',
  },
  sinabs: {
    decay: 'exponential',
    input: '1',
    integrator: '1',
    synapse: '1',
    current: 'new',
    fires: 'at or above',
    spikes: 'many',
    reset: 'by subtraction',
    source: 'sinabs/nir.py: norm_input=False, MultiSpike, MembraneSubtract',
  },
  rockpool: {
    decay: 'exponential',
    input: 'dt / tau',
    integrator: 'dt',
    synapse: 'decay',
    current: 'new',
    fires: 'at or above',
    spikes: 'many',
    reset: 'by subtraction',
    source: 'rockpool/nn/modules/torch/lif_torch.py, and paper/01_lif/lif_rockpool.ipynb for the scale of the input',
  },
  lava: {
    ...euler,
    integrator: '1',
    current: 'new',
    source: 'NIR docs/source/examples/lava/nir_to_lava.py, lava/proc/lif (floating point)',
  },
} as const satisfies Readonly<Record<string, Discretisation>>

/** How continuous time becomes steps: by name, see the table of discretisations. */
export type DiscretisationName = keyof typeof discretisations
