export { defineSurrogate, type Surrogate, type SurrogateSpec, type SurrogateOptions } from './define-surrogate.js'
export { sigmoid } from './sigmoid.js'
