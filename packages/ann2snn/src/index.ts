export { type ConversionErrorDetails } from './error-codes.js'
export { convert, type Conversion } from './convert.js'
export { type Candidate, type ConvertOptions } from './plan/convert-options.js'
export {
  simulate,
  simulator,
  steps,
  type SimulateOptions,
  type Simulation,
  type SimulatedStep,
  type Simulator,
} from './run/simulate.js'
export { classify, type Classification, type ClassifyOptions, type ClassScore } from './run/classify.js'
export {
  evaluate,
  evaluateAnn,
  type EvaluateOptions,
  type Evaluation,
  type StepResult,
  type AnnEvaluation,
} from './run/evaluate.js'
export {
  isSnnFile,
  readSnn,
  toOnnx,
  type Mode,
  type ReadOptions,
  type SnnMetadata,
  type ToOnnxOptions,
} from './deprecated.js'
export { inspectNetwork, type Inspection, type LayerInspection } from './report/inspect.js'
export { importModel, importOnnx } from './import/import-onnx.js'
export { classOutput, onlyClassOutput, type ClassOutput } from './import/class-output.js'
export { freeNames, sizesFor } from './import/sizes.js'
export { inputRange, type InputRange } from './import/input-range.js'
export { classAt, Score, type ClassOptions, type ScoreOptions } from './run/classes.js'
export { type ConversionReport, type AccuracyReport, type ConversionWarning } from './report/report.js'
export { type LayerReport, type Spread } from './report/layer-report.js'
export { type LayerCalibration } from './calibrate/checkpoint.js'
export { type ThresholdMode } from './calibrate/thresholds.js'
export { targets, type Target, type TargetRules } from './plan/target.js'
export { type BalanceOptions } from './calibrate/balance.js'
export { type Batch, type Batches, checkFinite } from './data.js'
export { type Per, type Progress, type WorkOptions } from './calibrate/activations.js'
export { type Role } from './plan/plan.js'
export { type Code, type CodeName, type CodeSettings, type Site } from './codes/code.js'
export { codes } from './codes/table.js'
export { searchConversion, type SearchOptions, type SearchResult, type SearchRow } from './search/search.js'
export { binaryCandidates, defaultCandidates } from './search/candidates.js'
export { presets, type Preset, type PresetName } from './search/presets.js'
export { describeWarnings, explain, layerToBlame } from './report/explain.js'
export { type Suggestion, type Wording } from './report/advice.js'
