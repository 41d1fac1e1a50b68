import { zipSync } from 'fflate'
import type { TensorLike } from '@snn/tensor'
import { byteReader, columnReader, type ByteReader } from '../../byte-reader.js'
import { readField, type ElementType } from '../../elements.js'
import { invalid } from '../../invalid.js'
import { npyFile, npyWithHeader } from '../../npy-file.js'
import { npyElements, parseNpy, readNpyHeader, type NpyHeader } from '../../npy.js'
import { zipDirectory, type ZipMember } from '../../zip-directory.js'
import { byRole, guessedOrder, parseColumns, roleOf, type Role } from '../column-roles.js'
import { checkEvents, unitsPerSecond, type EventArrays, type Events, type Sensor, type TimeUnit } from '../events.js'
import { chosenSensor, containerFormat, type ReadOptions } from '../format.js'
import type { ReadNote } from '../notes.js'
import { sortEvents } from '../select.js'
import { fromFile, statedSensor } from './arrays-to-events.js'
import { columnPieces, type EventColumns } from './columns.js'
import { listIn, parsePickle } from './pickle.js'
import type { Pickled } from './pickle-machine.js'

export interface NpyEventsOptions {
  /**
   * What the columns of a plain array [N, 4] are, as letters: `txyp`, `xypt`, ..; `-` for one to skip. Default: what is
   * plausible, see `plausibleOrder`.
   */
  readonly columns?: string
  /** Unit of the times, where the file does not say it. Default: what is plausible, see `plausibleUnit`. */
  readonly timeUnit?: TimeUnit
}

const units = Object.keys(unitsPerSecond) as TimeUnit[]
/** Arrays of an .npz file that hold whole events, as rows or records; `arr_0` is the name that `savez` gives. */
const wholeEvents = ['data', 'events', 'arr_0']
/** Rows that tell the order of columns. */
const headRows = 1000

/**
 * NumPy .npz with arrays t, x, y, p (SpikingJelly, HARDVS, our cache) or pos and neg (ES-ImageNet: rows [y, x, t] of p
 * = 1 and p = 0, put in order of time), or one array of rows (NeRDD) or records. Without a sensor in the file or the
 * options: the smallest that has all events. `write` gives integers where times are whole.
 */
export const npz = containerFormat<NpyEventsOptions>({
  id: 'npz',
  description: 'NumPy .npz: SpikingJelly, HARDVS, ES-ImageNet, our cache',
  extensions: ['.npz'],
  options: ['columns', 'timeUnit'],
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
    const arrays = [...members].map(([path, member]) => ({
      name: path.replace(/\.npy$/, ''),
      path: `${file}/${path}`,
      member,
    }))
    const found: Partial<Record<Role, NpyMember>> = {}
    let nameUnit: TimeUnit | undefined
    for (const { name, path, member } of arrays) {
      const role = roleOf(name)
      if (!role) continue
      found[role.role] ??= { path, member }
      nameUnit ??= role.timeUnit
    }
    const stated = find('sensor')
    const sensor = chosenSensor('npz', options, statedSensor('npz', file, stated && (await whole('sensor'))?.data))
    const { t, x } = found
    if (t && x) {
      const unit = units[(await whole('time_unit'))?.data[0] ?? -1] ?? options.timeUnit ?? nameUnit
      yield* columnPieces('npz', file, () => memberColumns({ ...found, t, x }, file), {
        sensor,
        timeUnit: unit,
        outside: options.outside,
      })
      return
    }
    const one = arrays.find(({ name }) => wholeEvents.includes(name)) ?? (arrays.length === 1 ? arrays[0] : undefined)
    if (!one)
      throw invalid(
        'npz',
        file,
        `holds the arrays ${arrays.map(({ name }) => name).join(', ') || '(none)'}, expected t, x, y and p, or pos and neg.`,
      )
    yield* arrayPieces(one.path, async () => one.member.open(), one.member.size, options, sensor)
  },
  write(events: Events): Uint8Array {
    checkEvents('npz', events)
    const { t, x, y, p, sensor, timeUnit } = events
    const entries = {
      t: timeArray(t),
      x: npyFile('<u2', [x.length], x),
      y: npyFile('<u2', [y.length], y),
      p: npyFile('|u1', [p.length], p),
      sensor: npyFile('<i4', [3], Int32Array.of(sensor.width, sensor.height, sensor.polarities)),
      time_unit: npyFile('|u1', [1], Uint8Array.of(units.indexOf(timeUnit))),
    }
    return zipSync(Object.fromEntries(Object.entries(entries).map(([name, content]) => [`${name}.npy`, content])), {
      level: 1,
      mtime: '1980-01-01',
    })
  },
})

/**
 * NumPy .npy: records with fields t, x, y, p (DVS-Lip), rows [N, 4] of `columns`, or lists of packets of (t, x, y, p)
 * (Bullying10K).
 */
export const npy = containerFormat<NpyEventsOptions>({
  id: 'npy',
  description: 'NumPy .npy: records (DVS-Lip), rows, lists of packets (Bullying10K)',
  extensions: ['.npy'],
  options: ['columns', 'timeUnit'],
  sniff: (head) => head[0] === 0x93 && String.fromCharCode(...head.subarray(1, 6)) === 'NUMPY',
  async *pieces(source, options, file) {
    yield* arrayPieces(
      file,
      () => byteReader({ source, from: 0, to: source.size, packing: 'none', operation: 'npy', file }),
      source.size,
      options,
      chosenSensor('npy', options, undefined),
    )
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
    return npyWithHeader(
      `[('t', '${whole ? '<i8' : '<f8'}'), ('x', '<u2'), ('y', '<u2'), ('p', '|u1')]`,
      [t.length],
      body,
    )
  },
})

/** The events of one array of `size` bytes: records, rows, or Python objects. */
async function* arrayPieces(
  file: string,
  openReader: () => Promise<ByteReader> | ByteReader,
  size: number,
  options: ReadOptions & NpyEventsOptions,
  sensor: Sensor | undefined,
): AsyncGenerator<Events, void, undefined> {
  const open = async (): Promise<{ reader: ByteReader; header: NpyHeader }> => {
    const reader = await openReader()
    return { header: await readNpyHeader(reader, file), reader }
  }
  const whole = async (): Promise<Uint8Array> => (await openReader()).take(size)
  const { descr, fortranOrder, offset, shape } = (await open()).header
  const known = { sensor, timeUnit: options.timeUnit, outside: options.outside }
  if (descr === '|O' || descr === 'O') {
    yield fromFile('npy', file, packetArrays(parsePickle((await whole()).subarray(offset), file), file), known)
    return
  }
  if (descr.startsWith('[')) {
    const record = recordOf(descr, file)
    yield* columnPieces('npy', file, async () => recordColumns(await open(), record, size, file), {
      ...known,
      timeUnit: options.timeUnit ?? record.timeUnit,
    })
    return
  }
  if (shape.length !== 2)
    throw invalid('npy', file, `an array of shape [${shape.join(',')}], expected rows [N, 4] or records.`)
  const array = fortranOrder ? parseNpy(await whole(), file, { wide: true }) : undefined
  const rowsFrom = async (): Promise<RowReader> => (array ? rowsInMemory(array) : rowReader(await open(), size, file))
  const { order, notes } = await orderOfRows(await rowsFrom(), options, sensor, file)
  yield* columnPieces('npy', file, async () => rowColumns(await rowsFrom(), order), { ...known, notes })
}

/** The columns of the next rows. */
interface RowReader {
  readonly length: number
  readonly width: number
  next(count: number): Promise<Float64Array[]>
}

/** The order of the columns, given or found in the first rows. Throws `DATA_INVALID` where none is plausible. */
async function orderOfRows(
  rows: RowReader,
  { columns }: NpyEventsOptions,
  sensor: Sensor | undefined,
  file: string,
): Promise<{ readonly order: readonly string[]; readonly notes: readonly ReadNote[] }> {
  const given = columns === undefined ? undefined : parseColumns('npy', columns)
  if (given && given.length !== rows.width)
    throw invalid(
      'npy',
      file,
      `an array of shape [${rows.length},${rows.width}], expected [N, ${given.length}] of ${columns}.`,
    )
  if (given) return { order: given, notes: [] }
  return guessedOrder('npy', file, await rows.next(Math.min(headRows, rows.length)), sensor)
}

function posNeg(pos: TensorLike, neg: TensorLike, options: ReadOptions, file: string): Events {
  const count = (array: TensorLike): number => array.shape[0] ?? 0
  for (const array of [pos, neg])
    if (array.shape.length !== 2 || array.shape[1] !== 3)
      throw invalid('npz', file, `pos or neg of shape [${array.shape.join(',')}], expected [N, 3].`)
  const length = count(pos) + count(neg)
  const arrays = {
    t: new Float64Array(length),
    x: new Float64Array(length),
    y: new Float64Array(length),
    p: new Float64Array(length),
  }
  for (let i = 0; i < length; i++) {
    const positive = i < count(pos)
    const { data } = positive ? pos : neg
    const row = 3 * (positive ? i : i - count(pos))
    arrays.y[i] = data[row]!
    arrays.x[i] = data[row + 1]!
    arrays.t[i] = data[row + 2]!
    arrays.p[i] = positive ? 1 : 0
  }
  return fromFile('npz', file, arrays, {
    sensor: chosenSensor('npz', options, undefined),
    timeUnit: 'us',
    outside: options.outside,
  })
}

interface NpyMember {
  readonly path: string
  readonly member: ZipMember
}

/** The arrays of an .npz file side by side. */
async function memberColumns(found: Partial<Record<Role, NpyMember>>, file: string): Promise<EventColumns> {
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
  if (columns.some(({ count }) => count !== length))
    throw invalid(
      'npz',
      file,
      `${columns.map(({ role }) => role).join(', ')} of ${columns.map(({ count }) => count).join(', ')} elements, expected one length.`,
    )
  return {
    length,
    next: async (count) =>
      Object.fromEntries(
        await Promise.all(columns.map(async ({ role, reader }) => [role, await reader.next(count)] as const)),
      ) as unknown as EventArrays,
  }
}

/** How many records of a size there are. Throws `DATA_INVALID` unless they fill the file. */
function checkedCount(shape: readonly number[], offset: number, size: number, total: number, file: string): number {
  const count = shape.reduce((product, n) => product * n, 1)
  if (offset + count * size !== total)
    throw invalid(
      'npy',
      file,
      `${total - offset} bytes of data, expected ${count * size} for ${count} elements. The file is damaged.`,
      offset,
    )
  return count
}

/** A field of records that holds a column. */
interface RecordField {
  readonly role: Role
  readonly type: ElementType
  readonly bigEndian: boolean
  readonly offset: number
}

interface RecordLayout {
  readonly fields: readonly RecordField[]
  /** Bytes of a record, with its padding. */
  readonly size: number
  readonly timeUnit: TimeUnit | undefined
}

/**
 * What a dtype of records says: `[('x', '<u2'), ('', '|V2'), ('t', '<i8')]`. Fields that are no column, and padding,
 * are passed over.
 */
function recordOf(descr: string, file: string): RecordLayout {
  const fields: RecordField[] = []
  let timeUnit: TimeUnit | undefined
  let size = 0
  const fail = (): never => {
    throw invalid('npy', file, `records of ${descr.slice(0, 120)}, expected the fields t, x, y and p of numbers.`)
  }
  for (const [, name, order, kind, digits, axes] of descr.matchAll(
    /\(\s*'([^']*)'\s*,\s*'([<>|=]?)([a-zA-Z])(\d*)'\s*(?:,\s*\(([\d\s,]*)\)\s*)?\)/g,
  )) {
    const role = roleOf(name!)
    const type = `${kind}${digits}`
    const count = (axes ?? '').split(',').reduce((product, n) => (n.trim() === '' ? product : product * Number(n)), 1)
    if (role && !fields.some((field) => field.role === role.role)) {
      if (!/^([ui][1248]|f[248]|b1)$/.test(type) || axes !== undefined) fail()
      fields.push({ role: role.role, type: type as ElementType, bigEndian: order === '>', offset: size })
      timeUnit ??= role.timeUnit
    }
    size += Number(digits || '1') * (kind === 'U' ? 4 : 1) * count
  }
  const all = [...descr.matchAll(/\(\s*['(]/g)].length === [...descr.matchAll(/\(\s*'[^']*'\s*,\s*'[^']*'/g)].length
  if (!all || !(size > 0) || !fields.some(({ role }) => role === 't') || !fields.some(({ role }) => role === 'x'))
    fail()
  return { fields, size, timeUnit }
}

/** The fields of an array of records as columns. */
function recordColumns(
  { reader, header }: { readonly reader: ByteReader; readonly header: NpyHeader },
  { fields, size }: RecordLayout,
  total: number,
  file: string,
): EventColumns {
  return {
    length: checkedCount(header.shape, header.offset, size, total, file),
    async next(count) {
      const bytes = await reader.take(count * size)
      return Object.fromEntries(
        fields.map(({ role, type, bigEndian, offset }) => [
          role,
          readField({ operation: 'npy', file, bytes, offset, record: size, count, type, bigEndian }),
        ]),
      ) as unknown as EventArrays
    },
  }
}

/** The rows of an array [N, width], read one after another. */
function rowReader(
  { reader, header }: { readonly reader: ByteReader; readonly header: NpyHeader },
  total: number,
  file: string,
): RowReader {
  const { type, bigEndian } = npyElements(header.descr, file)
  checkedCount(header.shape, header.offset, Number(type[1]), total, file)
  const [length, width] = header.shape as [number, number]
  const values = columnReader(reader, { operation: 'npy', file, type, bigEndian })
  return { length, width, next: async (count) => columnsOf(await values.next(count * width), width) }
}

function rowsInMemory({ data, shape }: TensorLike): RowReader {
  const [length, width] = shape as [number, number]
  let at = 0
  return { length, width, next: async (count) => columnsOf(data.subarray(at * width, (at += count) * width), width) }
}

function columnsOf(values: ArrayLike<number>, width: number): Float64Array[] {
  const length = width === 0 ? 0 : values.length / width
  return Array.from({ length: width }, (_, column) =>
    Float64Array.from({ length }, (_value, i) => values[i * width + column]!),
  )
}

function rowColumns(rows: RowReader, order: readonly string[]): EventColumns {
  return { length: rows.length, next: async (count) => byRole(await rows.next(count), order) }
}

/** A list of packets, each a list of (t, x, y, p). */
function packetArrays(value: Pickled, file: string): EventArrays {
  const t: number[] = []
  const x: number[] = []
  const y: number[] = []
  const p: number[] = []
  const number = (item: Pickled | undefined): number =>
    typeof item === 'number' ? item : typeof item === 'boolean' ? Number(item) : NaN
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
