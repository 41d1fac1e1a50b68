import { customGradient, type Tensor } from '@snn/tensor'

/**
 * A spike function: forward the Heaviside step, backward the derivative of a smooth function in its place
 * (Neftci et al., IEEE Signal Processing Magazine 2019).
 */
export interface Surrogate {
  readonly contract: 1
  readonly name: string
  readonly parameters: Readonly<Record<string, number>>
  /**
   * H(x) = 1 where x >= 0, else 0, of any shape, in the dtype of x; its gradient is the surrogate's derivative. A smooth
   * surrogate gives its primitive in place of H, so that gradients can be checked by finite differences.
   */
  spike(x: Tensor): Tensor
}

export interface SurrogateSpec<P extends string> {
  /** Names and default values. */
  readonly parameters: Readonly<Record<P, number>>
  /** The smooth function that stands in for the step. */
  primitive(x: Tensor, parameters: Readonly<Record<NoInfer<P>, number>>): Tensor
  /** Its derivative. */
  derivative(x: Tensor, parameters: Readonly<Record<NoInfer<P>, number>>): Tensor
}

export type SurrogateOptions<P extends string> = Partial<Readonly<Record<P, number>>> & {
  /** Forward the primitive instead of the step. Default false. */
  readonly smooth?: boolean
}

/** A new family of spike functions; calling the result with options gives one. */
export function defineSurrogate<const P extends string>(name: string, spec: SurrogateSpec<P>): (options?: SurrogateOptions<P>) => Surrogate {
  return ({ smooth = false, ...options } = {}) => {
    const parameters = { ...spec.parameters, ...options } as Readonly<Record<P, number>>
    return {
      contract: 1,
      name,
      parameters,
      spike(x) {
        if (smooth) return spec.primitive(x, parameters)
        return customGradient(x.ge(0).cast(x.dtype), [x], (dy, [input]) => [dy.mul(spec.derivative(input!, parameters))])
      },
    }
  }
}
