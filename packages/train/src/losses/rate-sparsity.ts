import { SnnError, type Tensor } from '@snn/tensor'
import { checkTensor, checkOptions } from '@snn/tensor/library'

/**
 * A penalty on spikes, of any shape, to be added to a loss: factor sum(s), with the factor 1e-5 unless told. As
 * `l1_rate_sparsity` of snnTorch.
 */
export function l1RateSparsity(spikes: Tensor, options: { readonly factor?: number } = {}): Tensor {
  checkTensor('l1RateSparsity', spikes, 'spikes')
  checkOptions('l1RateSparsity', options, ['factor'])
  const { factor = 1e-5 } = options
  if (!(factor >= 0))
    throw new SnnError('ARGUMENT', `[l1RateSparsity] factor ${factor}, expected a number of at least 0.`, {
      name: 'factor',
      value: factor,
    })
  return spikes.sum().mul(factor)
}
