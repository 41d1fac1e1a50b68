import { join } from 'node:path'
import { sensorOf } from '../../events/events.js'
import { defineSet } from '../define-set.js'
import type { RemoteFile } from '../download/remote-set.js'
import { readBytes } from '../files.js'
import { bagEvents, findFiles, lastPart, recordingSet } from '../layouts/recordings.js'

const zenodo = (name: string, md5: string): RemoteFile => ({
  name,
  md5,
  url: `https://zenodo.org/record/4302805/files/${name}`,
})

/**
 * Event-based visual place recognition (Fischer and Milford 2020): six drives along one road, `dvs_vpr_*.bag`, 346 x
 * 260. Targets are the fixes of the satellite receiver in the .nmea file of the same day: seconds since the first one,
 * degrees north and east.
 */
export const vpr = defineSet({
  info: {
    id: 'vpr',
    kind: 'events',
    title: 'Event-based visual place recognition',
    sensor: sensorOf(346, 260),
    timeUnit: 'us',
    classes: 6,
    splits: { all: 6 },
    licence: 'see the page of the data set',
    citation:
      'Fischer, Milford: Event-based visual place recognition with ensembles of temporal windows. IEEE Robotics and Automation Letters 5(4), 2020.',
    page: 'https://zenodo.org/record/4302805',
    files: [
      zenodo('dvs_vpr_2020-04-21-17-03-03.bag', '04473f623aec6bda3d7eadfecfc1b2ce'),
      zenodo('20200421_170039-sunset1_concat.nmea', '11f0107a4df845fd315e9134fbee5c1e'),
      zenodo('dvs_vpr_2020-04-22-17-24-21.bag', 'ca6db080a4054196fe65825bce3db351'),
      zenodo('20200422_172431-sunset2_concat.nmea', 'ff879bf22a9552a6d8500a98cff6c7f9'),
      zenodo('dvs_vpr_2020-04-24-15-12-03.bag', '909569732e323ff04c94379a787f2a69'),
      zenodo('20200424_151015-daytime_concat.nmea', '867fdf43ef393ac7e8de251c1a5cd585'),
      zenodo('dvs_vpr_2020-04-27-18-13-29.bag', 'e80b6c0434690908d855445792d4de3b'),
      zenodo('20200427_181204-night_concat.nmea', '441e6673e0dfc8746f76cd646c4aba8d'),
      zenodo('dvs_vpr_2020-04-28-09-14-11.bag', '7854ede61c0947adb0f072a041dc3bad'),
      zenodo('20200428_091154-morning_concat.nmea', 'b86af464ceac478711e52ef4271c198c'),
      zenodo('dvs_vpr_2020-04-29-06-20-23.bag', 'd7ccfeb6539f1e7b077ab4fe6f45193c'),
      zenodo('20200429_061912-sunrise_concat.nmea', 'ec04cf35c10eb5b519b11297adef024b'),
    ],
  },
  async open(options, info) {
    const { folder, files } = await findFiles(info, options, 'dvs_vpr_*.bag', (path) =>
      /(dvs_vpr_[\d-]+\.bag|\.nmea)$/.test(path),
    )
    const recordings = files
      .filter((path) => path.endsWith('.bag'))
      .map((name) => {
        const day = lastPart(name).replace('dvs_vpr_', '').slice(0, 10).replaceAll('-', '')
        const fixes = files.find((path) => lastPart(path).startsWith(day) && path.endsWith('.nmea'))
        const title = fixes === undefined ? day : (/-(\w+?)_concat/.exec(fixes)?.[1] ?? day)
        return {
          name,
          title,
          events: () => bagEvents(folder, name, info),
          target: async () =>
            fixes === undefined
              ? undefined
              : parseFixes(new TextDecoder().decode(await readBytes(join(folder, fixes)))),
        }
      })
    return recordingSet(info, options.split, folder, ['t', 'latitude', 'longitude'], recordings)
  },
})

/** Time, latitude and longitude of the GGA sentences of NMEA 0183 that have a fix. */
export function parseFixes(text: string): number[][] {
  const degrees = (value: string, half: string): number => {
    const number = Number(value)
    const whole = Math.floor(number / 100)
    return (whole + (number - 100 * whole) / 60) * (half === 'S' || half === 'W' ? -1 : 1)
  }
  const rows = text.split(/\r?\n/).flatMap((line) => {
    const [, time, latitude, north, longitude, east] =
      /^\$\w\wGGA,(\d{6}(?:\.\d+)?),(\d+\.\d+),([NS]),(\d+\.\d+),([EW]),[1-9]/.exec(line) ?? []
    if (!time) return []
    const seconds = Number(time.slice(0, 2)) * 3600 + Number(time.slice(2, 4)) * 60 + Number(time.slice(4))
    return [[seconds, degrees(latitude!, north!), degrees(longitude!, east!)]]
  })
  const first = rows[0]?.[0] ?? 0
  return rows.map(([seconds, ...place]) => [(seconds! - first + 86400) % 86400, ...place]) // also over midnight
}
