import { zipSync } from 'fflate'
import { SnnError, type TensorLike } from '@snn/tensor'
import { byteReader, columnReader, type ByteReader } from '../../byte-reader.js'
import { readField, type ElementType } from '../../elements.js'
import { invalid } from '../../invalid.js'
import { npyFile, npyWithHeader } from '../../npy-file.js'
import { npyElements, parseNpy, readNpyHeader, type NpyHeader } from '../../npy.js'
import { zipDirectory, type ZipMember } from '../../zip-directory.js'
import { checkEvents, unitsPerSecond, type EventArrays, type Events, type TimeUnit } from '../events.js'
import { chosenSensor, containerFormat, type ReadOptions } from '../format.js'
import { sortEvents } from '../select.js'
import { fromFile, statedSensor } from './arrays-to-events.js'
import { columnPieces, type EventColumns } from './columns.js'
import { listIn, parsePickle, type Pickled } from './pickle.js'

export interface NpyEventsOptions {
  /** What the columns of a plain array [N, 4] are: `txyp` (default), `xypt`, ... */
  readonly columns?: string
  /** Unit of the times, where the file does not say it. Default `us`. */
  readonly timeUnit?: TimeUnit
}

const names: Readonly<Record<string, keyof EventArrays>> = { t: 't', ts: 't', time: 't', timestamp: 't', x: 'x', y: 'y', p: 'p', pol: 'p', polarity: 'p' }
const units = Object.keys(unitsPerSecond) as TimeUnit[]

/**
 * NumPy .npz with arrays t, x, y, p (SpikingJelly, HARDVS, our cache) or pos and neg (ES-ImageNet: rows [y, x, t] of p = 1 and p = 0, put in
 * order of time), or data with rows of `columns` (NeRDD). Without a sensor in the file or the options: the smallest that has all events. `write` gives integers where times are whole.
 */
export const npz = containerFormat<NpyEventsOptions>({
  id: 'npz',
  description: 'NumPy .npz: SpikingJelly, HARDVS, ES-ImageNet, our cache',
  extensions: ['.npz'],
  sniff: (head) => head[0] === 0x50 && head[1] === 0x4b && head[2] === 0x03 && head[3] === 0x04,
  async *pieces(source, options, file) {
    const members = await zipDirectory(source, 'npz', file)
    const find = (name: string): ZipMember | undefined => members.get(`${name}.npy`)
    const whole = async (name: string): Promise<TensorLike | undefined> => {
      const member = find(name)
      return member && parseNpy(await (await member.open()).take(member.size), `${file}/${name}.npy`, { wide: true })
    }
    if (find('pos') && find('neg')) {
      yield sortEvents(posNeg((await whole('pos'))!, (await whole('neg'))!, options, file))
      return
    }
    const rows = find('data')
    if (rows && !find('t')) {
      yield* columnPieces('npz', file, async () => memberRows(rows, options.columns ?? 'txyp', `${file}/data.npy`), chosenSensor('npz', options, undefined), options.timeUnit ?? 'us')
      return
    }
    const found = Object.fromEntries([...members].flatMap(([path, member]) => (Object.hasOwn(names, path.replace(/\.npy$/, '')) ? [[names[path.replace(/\.npy$/, '')], { path: `${file}/${path}`, member }]] : []))) as Partial<Record<keyof EventArrays, NpyMember>>
    if (!found.t || !found.x) throw invalid('npz', file, `holds the arrays ${[...members.keys()].map((name) => name.replace(/\.npy$/, '')).join(', ') || '(none)'}, expected t, x, y and p, or pos and neg.`)
    const unit = units[(await whole('time_unit'))?.data[0] ?? -1]
    const sensor = chosenSensor('npz', options, statedSensor('npz', file, (await whole('sensor'))?.data))
    yield* columnPieces('npz', file, () => memberColumns(found, file), sensor, unit ?? options.timeUnit ?? 'us')
  },
  write(events: Events): Uint8Array {
    checkEvents('npz', events)
    const { t, x, y, p, sensor, timeUnit } = events
    const entries = { t: timeArray(t), x: npyFile('<u2', [x.length], x), y: npyFile('<u2', [y.length], y), p: npyFile('|u1', [p.length], p), sensor: npyFile('<i4', [3], Int32Array.of(sensor.width, sensor.height, sensor.polarities)), time_unit: npyFile('|u1', [1], Uint8Array.of(units.indexOf(timeUnit))) }
    return zipSync(Object.fromEntries(Object.entries(entries).map(([name, content]) => [`${name}.npy`, content])), { level: 1, mtime: '1980-01-01' })
  },
})

/** NumPy .npy: records with fields t, x, y, p (DVS-Lip), rows [N, 4] of `columns`, or lists of packets of (t, x, y, p) (Bullying10K). */
export const npy = containerFormat<NpyEventsOptions>({
  id: 'npy',
  description: 'NumPy .npy: records (DVS-Lip), rows, lists of packets (Bullying10K)',
  extensions: ['.npy'],
  sniff: (head) => head[0] === 0x93 && String.fromCharCode(...head.subarray(1, 6)) === 'NUMPY',
  async *pieces(source, options, file) {
    const sensor = chosenSensor('npy', options, undefined)
    const timeUnit = options.timeUnit ?? 'us'
    const open = async (): Promise<{ reader: ByteReader; header: NpyHeader }> => {
      const reader = byteReader({ source, from: 0, to: source.size, packing: 'none', operation: 'npy', file })
      return { header: await readNpyHeader(reader, file), reader }
    }
    const { descr, fortranOrder, offset, shape } = (await open()).header
    const columns = options.columns ?? 'txyp'
    if (descr === '|O' || descr === 'O') yield fromFile('npy', file, packetArrays(parsePickle(await source.read(offset, source.size), file), file), sensor, timeUnit)
    else if (descr.startsWith('[')) yield* columnPieces('npy', file, async () => recordColumns(await open(), source.size, file), sensor, timeUnit)
    else if (fortranOrder || shape.length !== 2) yield fromFile('npy', file, rowArrays(parseNpy(await source.read(0, source.size), file, { wide: true }), columns, file), sensor, timeUnit)
    else yield* columnPieces('npy', file, async () => rowColumns(await open(), columns, source.size, file), sensor, timeUnit)
  },
  /** Records of t, x, y, p. */
  write(events: Events): Uint8Array {
    checkEvents('npy', events)
    const { t, x, y, p } = events
    const body = new Uint8Array(13 * t.length)
    const view = new DataView(body.buffer)
    const whole = t.every((time) => Math.floor(time) === time)
    for (let i = 0, at = 0; i < t.length; i++, at += 13) {
      if (whole) setInt64(view, at, t[i]!)
      else view.setFloat64(at, t[i]!, true)
      view.setUint16(at + 8, x[i]!, true)
      view.setUint16(at + 10, y[i]!, true)
      view.setUint8(at + 12, p[i]!)
    }
    return npyWithHeader(`[('t', '${whole ? '<i8' : '<f8'}'), ('x', '<u2'), ('y', '<u2'), ('p', '|u1')]`, [t.length], body)
  },
})

function posNeg(pos: TensorLike, neg: TensorLike, options: ReadOptions, file: string): Events {
  const count = (array: TensorLike): number => array.shape[0] ?? 0
  for (const array of [pos, neg]) if (array.shape.length !== 2 || array.shape[1] !== 3) throw invalid('npz', file, `pos or neg of shape [${array.shape.join(',')}], expected [N, 3].`)
  const length = count(pos) + count(neg)
  const arrays = { t: new Float64Array(length), x: new Float64Array(length), y: new Float64Array(length), p: new Float64Array(length) }
  for (let i = 0; i < length; i++) {
    const positive = i < count(pos)
    const { data } = positive ? pos : neg
    const row = 3 * (positive ? i : i - count(pos))
    arrays.y[i] = data[row]!
    arrays.x[i] = data[row + 1]!
    arrays.t[i] = data[row + 2]!
    arrays.p[i] = positive ? 1 : 0
  }
  return fromFile('npz', file, arrays, chosenSensor('npz', options, undefined), 'us')
}

interface NpyMember {
  readonly path: string
  readonly member: ZipMember
}

/** The arrays of an .npz file side by side. */
async function memberColumns(found: Partial<Record<keyof EventArrays, NpyMember>>, file: string): Promise<EventColumns> {
  const columns = await Promise.all(
    Object.entries(found).map(async ([role, { path, member }]) => {
      const reader = await member.open()
      const { descr, shape, offset } = await readNpyHeader(reader, path)
      const { type, bigEndian } = npyElements(descr, path)
      const count = checkedCount(shape, offset, Number(type[1]), member.size, path)
      return { role, count, reader: columnReader(reader, { operation: 'npz', file: path, type, bigEndian }) }
    }),
  )
  const length = columns[0]!.count
  if (columns.some(({ count }) => count !== length)) throw invalid('npz', file, `${columns.map(({ role }) => role).join(', ')} of ${columns.map(({ count }) => count).join(', ')} elements, expected one length.`)
  return {
    length,
    next: async (count) => Object.fromEntries(await Promise.all(columns.map(async ({ role, reader }) => [role, await reader.next(count)] as const))) as unknown as EventArrays,
  }
}

/** The rows of an array in an .npz file. */
async function memberRows(member: ZipMember, columns: string, path: string): Promise<EventColumns> {
  const reader = await member.open()
  const header = await readNpyHeader(reader, path)
  if (header.fortranOrder || header.shape.length !== 2) throw invalid('npz', path, `an array of shape [${header.shape.join(',')}]${header.fortranOrder ? ' in Fortran order' : ''}, expected rows [N, ${columns.length}] of ${columns}.`)
  return rowColumns({ reader, header }, columns, member.size, path)
}

/** How many records of a size there are. Throws `DATA_INVALID` unless they fill the file. */
function checkedCount(shape: readonly number[], offset: number, size: number, total: number, file: string): number {
  const count = shape.reduce((product, n) => product * n, 1)
  if (offset + count * size !== total) throw invalid('npy', file, `${total - offset} bytes of data, expected ${count * size} for ${count} elements. The file is damaged.`, offset)
  return count
}

/** The fields of an array of records as columns. */
function recordColumns({ reader, header }: { readonly reader: ByteReader; readonly header: NpyHeader }, total: number, file: string): EventColumns {
  const { descr, shape, offset } = header
  const fields = [...descr.matchAll(/\(\s*'([^']*)'\s*,\s*'([<>|=]?)(\w+)'\s*\)/g)].map(([, name, order, type]) => ({ name: name!, type: type as ElementType, bigEndian: order === '>', size: Number(/\d+/.exec(type!)?.[0]) }))
  const record = fields.reduce((sum, { size }) => sum + size, 0)
  if (fields.length === 0 || !(record > 0) || !fields.every(({ type }) => /^([ui][1248]|f[248]|b1)$/.test(type))) throw invalid('npy', file, `records of ${descr.slice(0, 120)}, expected fields of numbers.`)
  const starts = fields.map((_, i) => fields.slice(0, i).reduce((sum, { size }) => sum + size, 0))
  const roles = fields.map(({ name }) => (Object.hasOwn(names, name) ? names[name] : undefined))
  if (!roles.includes('t') || !roles.includes('x')) throw invalid('npy', file, `records with the fields ${fields.map(({ name }) => name).join(', ')}, expected t, x, y and p.`)
  return {
    length: checkedCount(shape, offset, record, total, file),
    async next(count) {
      const bytes = await reader.take(count * record)
      return Object.fromEntries(
        fields.flatMap(({ type, bigEndian }, i) => (roles[i] ? [[roles[i], readField({ operation: 'npy', file, bytes, offset: starts[i]!, record, count, type, bigEndian })]] : [])),
      ) as unknown as EventArrays
    },
  }
}

/** The rows of an array [N, columns]. */
function rowColumns({ reader, header }: { readonly reader: ByteReader; readonly header: NpyHeader }, columns: string, total: number, file: string): EventColumns {
  const { type, bigEndian } = npyElements(header.descr, file)
  checkedCount(header.shape, header.offset, Number(type[1]), total, file)
  const [length, width] = header.shape as [number, number]
  const values = columnReader(reader, { operation: 'npy', file, type, bigEndian })
  return { length, next: async (count) => rowArrays({ data: (await values.next(count * width)) as Float64Array, shape: [count, width] }, columns, file) }
}

function rowArrays({ data, shape }: TensorLike, columns: string, file: string): EventArrays {
  if (!/^[txyp-]+$/.test(columns) || !/t/.test(columns) || !/x/.test(columns)) {
    throw new SnnError('ARGUMENT', `[npy] columns ${JSON.stringify(columns)}, expected the letters t, x, y, p and - in the order of the columns.`, { name: 'columns', value: columns })
  }
  const [count = 0, width = 0] = shape
  if (shape.length !== 2 || width !== columns.length) throw invalid('npy', file, `an array of shape [${shape.join(',')}], expected [N, ${columns.length}] of ${columns}.`)
  const arrays: Partial<Record<keyof EventArrays, Float64Array>> = {}
  for (const [column, name] of columns.split('').entries()) {
    if (name === '-') continue
    const values = new Float64Array(count)
    for (let i = 0; i < count; i++) values[i] = data[i * width + column]!
    arrays[name as keyof EventArrays] = values
  }
  return arrays as unknown as EventArrays
}

/** A list of packets, each a list of (t, x, y, p). */
function packetArrays(value: Pickled, file: string): EventArrays {
  const t: number[] = []
  const x: number[] = []
  const y: number[] = []
  const p: number[] = []
  const number = (item: Pickled | undefined): number => (typeof item === 'number' ? item : typeof item === 'boolean' ? Number(item) : NaN)
  const visit = (list: readonly Pickled[], depth: number): void => {
    for (const item of list) {
      const inner = listIn(item)
      if (!inner || depth > 3) throw invalid('npy', file, 'an array of objects that are no lists of (t, x, y, p).')
      if (inner.length === 4 && inner.every((part) => typeof part === 'number' || typeof part === 'boolean')) {
        t.push(number(inner[0]))
        x.push(number(inner[1]))
        y.push(number(inner[2]))
        p.push(number(inner[3]))
      } else visit(inner, depth + 1)
    }
  }
  visit(listIn(value) ?? [], 0)
  return { t, x, y, p }
}

function timeArray(t: Float64Array): Uint8Array {
  if (!t.every((time) => Math.floor(time) === time)) return npyFile('<f8', [t.length], t)
  const body = new Uint8Array(8 * t.length)
  const view = new DataView(body.buffer)
  for (let i = 0; i < t.length; i++) setInt64(view, 8 * i, t[i]!)
  return npyWithHeader("'<i8'", [t.length], body)
}

function setInt64(view: DataView, at: number, value: number): void {
  const high = Math.floor(value / 2 ** 32)
  view.setInt32(at + 4, high, true)
  view.setUint32(at, value - high * 2 ** 32, true)
}
