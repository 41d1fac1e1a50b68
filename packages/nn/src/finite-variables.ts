import { SnnError } from '@snn/tensor'
import { checkMembers, indexOfNotFinite } from '@snn/tensor/library'
import type { Network } from './network.js'

/**
 * Throws `ARGUMENT` for a network with a Variable that is not finite, naming the layer, the Variable and the place. A
 * threshold may be infinite: such neurons never fire.
 *
 * @param operation  the function that the error names
 */
export async function checkFiniteVariables(operation: string, network: Network): Promise<void> {
  checkMembers(operation, network, 'network', ['nodes'], 'a Network')
  for (const { name, layer } of network.nodes) {
    for (const [key, own] of Object.entries(layer.variables)) {
      const data = await own.data()
      const wrong = /threshold$/i.test(key) ? data.findIndex(Number.isNaN) : indexOfNotFinite(data)
      if (wrong < 0) continue
      throw new SnnError(
        'ARGUMENT',
        `[${operation}] the ${key} of layer '${name}' has ${data[wrong]} at place ${wrong}, expected finite numbers. The model is damaged, or its training has diverged: train or export it again.`,
        { name: `${name}.${key}`, value: data[wrong] },
      )
    }
  }
}
