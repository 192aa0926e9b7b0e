/** Turns this process into a step's program, with an environment no shell could set. The last resort, since Node takes 30 ms to start. */
import { accessSync, constants, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { isAbsolute, join, resolve } from 'node:path'
import type { Program, Refusal } from './stub.ts'

/** Takes the program from `${step}.program` and removes it; `step` is a path in the launcher's folder. Returns only when it is refused, with the exit code. */
export function becomeProgram(step: string): number {
  const program = JSON.parse(readFileSync(`${step}.program`, 'utf8')) as Program
  rmSync(`${step}.program`)
  const refuse = (refusal: Refusal): number => {
    writeFileSync(`${step}.refused`, `${refusal}\n`)
    return 127
  }
  try {
    process.chdir(program.cwd)
  } catch {
    return refuse('no-directory')
  }
  const [file = '', ...args] = program.argv
  const found = findProgram(file, program.env['PATH'] ?? '')
  if (found === undefined) return refuse('no-program')
  // Node ignores these two, and what is ignored stays so in the next program; what is caught goes back to the default.
  for (const signal of ['SIGPIPE', 'SIGXFSZ'] as const) process.on(signal, () => undefined)
  process.execve?.(found, [file, ...args], program.env)
  return refuse('no-program')
}

function findProgram(file: string, path: string): string | undefined {
  const candidates = file.includes('/')
    ? [resolve(file)]
    : path.split(':').map((folder) => (isAbsolute(folder) ? join(folder, file) : resolve(folder, file)))
  return candidates.find((candidate) => {
    try {
      accessSync(candidate, constants.X_OK)
      return true
    } catch {
      // Not there or not for us: the next folder of PATH.
      return false
    }
  })
}
