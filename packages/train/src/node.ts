export { type TrainingErrorDetails } from './error-codes.js'
export { type CheckpointContent, type CheckpointFile, checkpointFile } from './node/checkpoint-file.js'
export { jsonLines } from './node/json-lines.js'
