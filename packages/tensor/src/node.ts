export { replaceFile, replaceFolder, appendToFile, makeFolder, type ReplaceFileOptions } from './node/replace-file.js'
export { checkOutputs, outputTarget, type CheckOutputsOptions, type OutputTarget } from './node/output-target.js'
export { asOutputError } from './node/output-error.js'
