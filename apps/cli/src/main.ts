#!/usr/bin/env node
import { runProgram } from './program.js'
import { run } from './run.js'

const args = process.argv.slice(2)
void run((signal) => runProgram(args, signal), args.includes('--json'))
