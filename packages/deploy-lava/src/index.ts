export { readNet } from './net/read-net.js'
export { writeNet } from './net/write-net.js'
export { type NetFile, type NetLayer } from './net/net-file.js'
export { type NetDType, type NetTensor, type NetText, type NetValue } from './net/net-value.js'
