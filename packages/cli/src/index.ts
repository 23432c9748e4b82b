export { EXIT } from './exit-codes.ts'
export { buildProgram } from './program.ts'
export { runProcess } from './run-process.ts'
