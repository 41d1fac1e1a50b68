/** Element types that values of a graph can have. `bool` is one byte a value, 0 or 1. */
export type OnnxDType =
  | 'float32'
  | 'float64'
  | 'int64'
  | 'int32'
  | 'int16'
  | 'int8'
  | 'uint64'
  | 'uint32'
  | 'uint16'
  | 'uint8'
  | 'bool'

/** The array that holds the values of each element type. */
export interface OnnxDataOf {
  float32: Float32Array
  float64: Float64Array
  int64: BigInt64Array
  int32: Int32Array
  int16: Int16Array
  int8: Int8Array
  uint64: BigUint64Array
  uint32: Uint32Array
  uint16: Uint16Array
  uint8: Uint8Array
  bool: Uint8Array
}

/** A constant: row-major values with their element type and shape. Discriminate on `dtype`. */
export type OnnxTensor<D extends OnnxDType = OnnxDType> = {
  [K in D]: { readonly dtype: K; readonly shape: readonly number[]; readonly data: OnnxDataOf[K] }
}[D]

/**
 * A size: a number, or, where it is known only at run time, text. The text is a symbol (`N`), a multiple or product of
 * symbols (`3*N`, `N*L`; equal texts mean equal sizes), or `?` with a number for a size of which nothing is known.
 */
export type Dim = number | string

/** A named value of the graph. `shape` is undefined when not even the rank is known. */
export interface OnnxValue {
  readonly name: string
  readonly dtype: OnnxDType
  readonly shape: readonly Dim[] | undefined
}

/**
 * A value of a node attribute. Whole numbers are ONNX integers unless the name is one that ONNX defines as a float
 * (`alpha`,
 * `epsilon`, ...); other numbers are floats. A `Float32Array` is always a list of floats.
 */
export type OnnxAttribute = number | string | readonly number[] | readonly string[] | Float32Array | OnnxTensor

/** One operation. An omitted optional input or output is the name `''`. */
export interface OnnxNode {
  readonly op: string
  /** Never empty in a graph that was read: a nameless node is called `OP_INDEX`. */
  readonly name: string
  /** `''` is the standard domain `ai.onnx`. */
  readonly domain: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes: Readonly<Record<string, OnnxAttribute>>
}

/** What is needed to write a model file; an `OnnxGraph` without unsupported nodes is one. */
export interface OnnxModelSpec {
  readonly name?: string
  /** Graph inputs, without the constants. */
  readonly inputs: readonly OnnxValue[]
  readonly outputs: readonly OnnxValue[]
  /** In topological order. `name`, `domain` and `attributes` may be left out. */
  readonly nodes: readonly (Pick<OnnxNode, 'op' | 'inputs' | 'outputs'> & Partial<OnnxNode>)[]
  readonly constants: ReadonlyMap<string, OnnxTensor> | Readonly<Record<string, OnnxTensor>>
  /** Version of the standard operator set. Default 21. */
  readonly opset?: number
  /** Versions of further domains, such as `{ 'com.microsoft': 1 }`. */
  readonly domains?: Readonly<Record<string, number>>
  readonly producer?: string
  readonly metadata?: Readonly<Record<string, string>>
}

/** A node (or a constant, input or output, then `op` is `Constant`, `Input`, `Output`) that is not understood. */
export interface UnsupportedNode {
  readonly op: string
  readonly name: string
  readonly domain: string
  /** Version of the domain's operator set that the file asks for. */
  readonly opset: number
  readonly reason: string
  readonly fix: string
}

/**
 * A model file, checked and brought into the normal form of `normal-form.md`: one form per operation whatever the opset
 * of the file, static wherever it can be, float32 for every float type.
 *
 * - `nodes` are in topological order, each value is made once, every name is defined before use, nothing is dead.
 * - `values` holds dtype and shape of every input, constant and node output, as far as they could be inferred.
 */
export interface OnnxGraph {
  readonly name: string
  readonly inputs: readonly OnnxValue[]
  readonly outputs: readonly OnnxValue[]
  readonly nodes: readonly OnnxNode[]
  readonly constants: ReadonlyMap<string, OnnxTensor>
  readonly values: ReadonlyMap<string, OnnxValue>
  /** The opset of the normal form: 21, or the file's where that is newer. */
  readonly opset: number
  readonly domains: Readonly<Record<string, number>>
  readonly producer: string
  readonly metadata: Readonly<Record<string, string>>
  /**
   * Nodes that are kept as they stand in the file, without knowing what they do: shapes after them are unknown. Empty
   * is good.
   */
  readonly unsupported: readonly UnsupportedNode[]
  /** What was changed in reading, as sentences for a report. */
  readonly notes: readonly string[]
  /** What the file said. */
  readonly source: {
    readonly opset: number
    readonly irVersion: number
    readonly nodes: number
    readonly bytes: number
  }
}

/** The symbol that a fixed batch size becomes with `batch: 'free'`. */
export const batchSymbol = 'N'

export interface ReadOptions {
  /**
   * `'free'` (default): the leading size of every input becomes symbolic, also where the file fixes it, through
   * reshapes and shape computations; where that cannot be done the file's batch size stays, with a note. `'keep'`: as
   * in the file. A number: exactly that many.
   */
  readonly batch?: 'free' | 'keep' | number
  /** Numbers for symbolic sizes of the inputs: `{ height: 224, width: 224 }`. */
  readonly sizes?: Readonly<Record<string, number>>
  /**
   * The bytes of an external data file, by its location as the model names it. Without it external data are an error.
   */
  readonly externalData?: (location: string) => Uint8Array
}
