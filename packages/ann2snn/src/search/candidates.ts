import type { Candidate } from '../plan/convert-options.js'

/** Codes and calibrations that leave weights as they are. */
export const defaultCandidates: readonly Candidate[] = [
  { code: 'delta' },
  { code: 'delta', levels: 6, mode: '99.9%' },
  { code: 'phase', levels: 4 },
  { code: 'phase', levels: 5 },
  { code: 'stBif' },
  { code: 'binary', mode: '99.9%', per: 'channel' },
  { code: 'binary', mode: 'sequential', T: 8 },
  { code: 'binary', mode: 'sequential', T: 16 },
  { code: 'signed', mode: 'sequential', T: 16 },
]

/** Binary spikes, weights as they are, at most 32 steps. What costs least to try comes first. */
export const binaryCandidates: readonly Candidate[] = [
  { code: 'binary', mode: '99.9%', steps: [4, 8, 16, 32] },
  { code: 'binary', mode: 'sequential', T: 32, steps: [8, 16, 24, 32] },
]
