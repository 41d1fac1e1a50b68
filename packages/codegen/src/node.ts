export { assemble } from './assemble.js'
