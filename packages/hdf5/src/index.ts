export { readTree, type ReadTreeOptions } from './read-tree.js'
export { isHdf5, openHdf5, type Hdf5Module, type Hdf5Source, type OpenHdf5 } from './open-hdf5.js'
export { writeTree } from './write-tree.js'
export { packedChunks, type Chunk, type Chunks } from './chunks.js'
export {
  group,
  isGroup,
  isText,
  numbers,
  strings,
  type Hdf5Dataset,
  type Hdf5Group,
  type Hdf5Number,
  type Hdf5Text,
  type Hdf5Type,
  type Hdf5Values,
} from './tree.js'
export { invalidFile } from './invalid.js'
