import { convert, simulate, type ConvertOptions } from '@snn/ann2snn'
import { linear, relu, sequential } from '@snn/nn'
import { isSnnError, reference, type TensorLike } from '@snn/tensor'

const x = { data: Float32Array.from({ length: 40 }, (_, i) => Math.sin(i)), shape: [10, 4] } satisfies TensorLike

export async function convertAndRun(): Promise<readonly number[]> {
  const options: ConvertOptions = { mode: 'max', per: 'channel', backend: reference() }
  const { snn, report } = await convert(sequential(linear(4, 16), relu(), linear(16, 3)), [x], options)
  const { logits } = await simulate(snn, x, { T: report.recommendedT, backend: reference() })
  return logits.shape
}

/** What a caller learns of a mistake. */
export async function mistake(): Promise<string> {
  try {
    await convert(sequential(linear(4, 3)), [x], { mode: '101%', backend: reference() })
  } catch (error) {
    if (isSnnError(error, 'ARGUMENT')) return error.code
    throw error
  }
  return 'none'
}
