import { SnnError, type Backend, type DeviceTensor, type HostTensor, type TypedArray } from '@snn/tensor'

/** The arrays behind tensors of this backend, which are host memory all the same. */
const arrays = new WeakMap<DeviceTensor, TypedArray>()

/** A result that stays with the backend: later runs take it as it is. */
export function deviceTensor(backend: Backend, { data, shape, dtype }: HostTensor): DeviceTensor {
  const tensor: DeviceTensor = {
    contract: 1,
    backend,
    shape,
    dtype,
    async data() {
      return alive(tensor).slice()
    },
    [Symbol.dispose]() {
      arrays.delete(tensor)
    },
  }
  arrays.set(tensor, data)
  return tensor
}

function alive(tensor: DeviceTensor): TypedArray {
  const data = arrays.get(tensor)
  if (!data) throw new SnnError('DISPOSED', '[data] got a call after dispose(), expected none. Read the tensor before.', { what: 'tensor' })
  return data
}

/** The elements of an argument, in memory that ONNX Runtime can use. */
export async function loadTensor(tensor: HostTensor | DeviceTensor): Promise<TypedArray> {
  const data = typeof tensor.data === 'function' ? (arrays.get(tensor as DeviceTensor) ?? (await tensor.data())) : tensor.data
  // it takes no view of shared memory
  return Object.prototype.toString.call(data.buffer) === '[object SharedArrayBuffer]' ? data.slice() : data
}
