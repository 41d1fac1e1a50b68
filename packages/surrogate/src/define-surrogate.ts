import { customGradient, SnnError, type Tensor } from '@snn/tensor'

/**
 * A spike function: forward the Heaviside step, backward the derivative of a smooth function in its place
 * (Neftci et al., IEEE Signal Processing Magazine 2019).
 */
export interface Surrogate {
  readonly contract: 1
  readonly name: string
  readonly parameters: Readonly<Record<string, number>>
  /** Whether `spike` gives the smooth function in place of the step. */
  readonly smooth: boolean
  /** H(x) = 1 where x >= 0, else 0 (or as the surrogate says), of any shape, in the dtype of x; its gradient is the surrogate's derivative. */
  spike(x: Tensor): Tensor
}

export interface SurrogateSpec<P extends string> {
  /** Names and default values. */
  readonly parameters: Readonly<Record<P, number>>
  /** What comes forward. Default: the step H(x). */
  readonly forward?: (x: Tensor, parameters: Readonly<Record<NoInfer<P>, number>>) => Tensor
  /** The smooth function that stands in for it. */
  primitive(x: Tensor, parameters: Readonly<Record<NoInfer<P>, number>>): Tensor
  /** Its derivative, of a shape that broadcasts to that of x. */
  derivative(x: Tensor, parameters: Readonly<Record<NoInfer<P>, number>>): Tensor
}

export type SurrogateOptions<P extends string> = { readonly [K in P]?: number } & {
  /** Forward the primitive instead of the step, so that gradients can be checked by finite differences. Default false. */
  readonly smooth?: boolean
}

/**
 * A new family of spike functions; calling the result with options gives one.
 *
 * @throws `ARGUMENT` (from the result) for an unknown option or a parameter that is not a finite number
 */
export function defineSurrogate<const P extends string>(name: string, spec: SurrogateSpec<P>): (options?: SurrogateOptions<P>) => Surrogate {
  const names = Object.keys(spec.parameters) as P[]
  const { forward = (x: Tensor) => x.ge(0).cast(x.dtype) } = spec
  return (options = {}) => {
    const { smooth = false, ...given } = options as Readonly<Record<string, number>> & { readonly smooth?: boolean }
    for (const [key, value] of Object.entries(given)) {
      if (!(names as string[]).includes(key) || !Number.isFinite(value)) {
        throw new SnnError('ARGUMENT', `[${name}] option ${key}: ${value}, expected a finite number for ${names.join(', ') || 'no name'}, or smooth. Correct it.`, { name: key, value })
      }
    }
    const parameters: Readonly<Record<P, number>> = { ...spec.parameters, ...given }
    return {
      contract: 1,
      name,
      parameters,
      smooth,
      spike(x) {
        if (smooth) return spec.primitive(x, parameters)
        return customGradient(forward(x, parameters), [x], (dy, [input]) => [dy.mul(spec.derivative(input!, parameters))])
      },
    }
  }
}
