import { SnnError } from '@snn/tensor'
import { checkMembers, checkString } from '@snn/tensor/library'
import type { AnySetInfo, SetOptions } from './define-set.js'
import type { EventDataset } from './event-dataset.js'
import { aslDvs } from './sets/asl-dvs.js'
import { bullying10k } from './sets/bullying10k.js'
import { cifar10 } from './sets/cifar10.js'
import { cifar10Dvs } from './sets/cifar10-dvs.js'
import { davisZurich } from './sets/davis-zurich.js'
import { dvsGesture } from './sets/dvs-gesture.js'
import { dvsLip } from './sets/dvs-lip.js'
import { ebssa } from './sets/ebssa.js'
import { esImagenet } from './sets/es-imagenet.js'
import { fashionMnist } from './sets/fashion-mnist.js'
import { hardvs } from './sets/hardvs.js'
import { mnist } from './sets/mnist.js'
import { nTidigits } from './sets/n-tidigits.js'
import { navGestureWalk, navGestureSit } from './sets/nav-gesture.js'
import { ncaltech101 } from './sets/ncaltech101.js'
import { ncars } from './sets/ncars.js'
import { nerdd } from './sets/nerdd.js'
import { nmnist } from './sets/nmnist.js'
import { pokerDvs } from './sets/poker-dvs.js'
import { shd } from './sets/shd.js'
import { speechCommands, speechCommandsV1 } from './sets/speech-commands.js'
import { ssc } from './sets/ssc.js'
import { stMnist } from './sets/st-mnist.js'
import { threeEt } from './sets/three-et.js'
import { tumVie } from './sets/tum-vie.js'
import { vpr } from './sets/vpr.js'

const eventSets = {
  nmnist,
  ncaltech101,
  cifar10Dvs,
  dvsGesture,
  aslDvs,
  shd,
  ssc,
  esImagenet,
  dvsLip,
  bullying10k,
  hardvs,
  navGestureWalk,
  navGestureSit,
  ncars,
  stMnist,
  pokerDvs,
  nTidigits,
  davisZurich,
  vpr,
  tumVie,
  threeEt,
  nerdd,
  ebssa,
}

const staticSets = { mnist, fashionMnist, cifar10, speechCommands, speechCommandsV1 }

/** The facts of sets, each of which is listed by its id. */
function factsOf<T extends { readonly [Id in keyof T]: { readonly info: AnySetInfo & { readonly id: Id } } }>(
  sets: T,
): { readonly [Id in keyof T]: T[Id]['info'] } {
  const facts = Object.values<{ readonly info: AnySetInfo }>(sets).map(({ info }) => [info.id, info])
  return Object.fromEntries(facts) as { readonly [Id in keyof T]: T[Id]['info'] }
}

/**
 * What is known of each set of events: sizes, licences, citations, files with checksums and addresses. A split of size
 * 0 has no official count. Where a file has no `url`, its host asks for a log-in, a form or a browser.
 */
export const setCatalogue = factsOf(eventSets)

/** The same of sets of pictures and sounds, for encoders. */
export const staticCatalogue = factsOf(staticSets)

/** A name of `setCatalogue`. */
export type SetName = keyof typeof setCatalogue

/** The set of that name in `setCatalogue`, for names that come from a command line or a file. Throws `ARGUMENT`. */
export async function openEventSet(name: string, options: SetOptions): Promise<EventDataset> {
  checkString('openEventSet', name, 'name', 'the name of a set')
  checkMembers('openEventSet', options, 'options', ['root'], '{ root, split }')
  if (!Object.hasOwn(setCatalogue, name)) {
    throw new SnnError(
      'ARGUMENT',
      `[openEventSet] ${JSON.stringify(name)}, expected one of ${Object.keys(setCatalogue).join(', ')}.`,
      { name: 'name', value: name },
    )
  }
  const open: (options: never) => Promise<EventDataset> = eventSets[name as SetName]
  return open(options as never)
}
