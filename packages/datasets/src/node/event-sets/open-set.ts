import { checkMembers, checkString, SnnError } from '@snn/tensor'
import { setCatalogue, type SetName } from './catalogue.js'
import { dvsGesture } from './dvs-gesture.js'
import { aslDvs, bullying10k, cifar10Dvs, dvsLip, navGesture, ncaltech101, ncars, nmnist, pokerDvs, stMnist } from './folder-sets.js'
import { esImagenet, hardvs } from './label-file-sets.js'
import { davisZurich, ebssa, nerdd, threeEt, tumVie, vpr } from './recording-sets.js'
import { nTidigits, shd, ssc } from './spike-trains.js'
import type { EventDataset, SetOptions } from './set.js'

const sets: Readonly<Record<SetName, (options: SetOptions<never>) => Promise<EventDataset>>> = {
  nmnist, ncaltech101, cifar10Dvs, dvsGesture, aslDvs, shd, ssc, esImagenet, dvsLip, bullying10k, hardvs, ncars, stMnist, pokerDvs, nTidigits,
  davisZurich, vpr, tumVie, threeEt, nerdd, ebssa,
  navGestureWalk: (options) => navGesture({ ...options, kind: 'walk' }),
  navGestureSit: (options) => navGesture({ ...options, kind: 'sit' }),
} // prettier-ignore

/** The set of that name in `setCatalogue`, for names that come from a command line or a file. Throws `ARGUMENT`. */
export async function openEventSet(name: string, options: SetOptions): Promise<EventDataset> {
  checkString('openEventSet', name, 'name', 'the name of a set')
  checkMembers('openEventSet', options, 'options', ['root'], '{ root, split }')
  if (!Object.hasOwn(setCatalogue, name)) {
    throw new SnnError('ARGUMENT', `[openEventSet] ${JSON.stringify(name)}, expected one of ${Object.keys(setCatalogue).join(', ')}.`, { name: 'name', value: name })
  }
  return sets[name as SetName](options as SetOptions<never>)
}
