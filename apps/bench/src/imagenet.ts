import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { data, type Model } from './models.js'

const pictures = join(data, 'imagenet-sample')

/** How many of the pictures calibrate; the others test. */
const calibrationPictures = 100

/**
 * The classifiers of ImageNet, with the pictures parted in folders within `folder` as `snn` takes them. The classes of
 * MobileNet begin at 1: 0 is the background.
 */
export async function imagenetModels(folder: string): Promise<Model[]> {
  const common = { isConvolutional: true, mode: 'balance' }
  return [
    {
      name: 'squeezenet1.1',
      file: join(data, 'onnx/imagenet/squeezenet1.1.onnx'),
      preprocess: { channels: 'bgr', scale: 1, mean: [104, 117, 123] },
      ...(await parts(folder, 0)),
      ...common,
    },
    {
      name: 'mobilenet_v1',
      file: join(data, 'onnx/imagenet/mobilenet_v1_0.75_192.onnx'),
      preprocess: { mean: 0.5, std: 0.5 },
      ...(await parts(folder, 1)),
      ...common,
    },
  ]
}

/**
 * Copies of the first pictures and of the others, each with the labels of its own, and `first` added to every class.
 */
async function parts(folder: string, first: number): Promise<Pick<Model, 'calibrate' | 'test' | 'testSamples'>> {
  const labels = Object.entries(
    JSON.parse(await readFile(join(pictures, 'labels.json'), 'utf8')) as Record<string, { readonly index: number }>,
  )
  const part = async (name: string, own: typeof labels): Promise<string> => {
    const path = join(folder, `${name}-${first}`)
    await mkdir(path, { recursive: true })
    for (const [file] of own) await copyFile(join(pictures, file), join(path, file))
    await writeFile(
      join(path, 'labels.json'),
      JSON.stringify(Object.fromEntries(own.map(([file, { index }]) => [file, index + first]))),
    )
    return path
  }
  const test = labels.slice(calibrationPictures)
  return {
    calibrate: await part('calibrate', labels.slice(0, calibrationPictures)),
    test: await part('test', test),
    testSamples: test.length,
  }
}
