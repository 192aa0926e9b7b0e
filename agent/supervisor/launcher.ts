/** The launcher, as the supervisor sees it: commands go through a pipe, what happened stands in files, and a poke says when to look. */
import { closeSync, constants, existsSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isCode, readIfThere, wholeLines } from './folder.ts'
import { FIFO_POOL_STEPS, LAUNCHER_PATIENCE_MS } from './limit.ts'
import { openPipe, readPipe } from './pipe.ts'
import type { StepSignal } from './protocol.ts'

export interface Launcher {
  readonly folder: string
  alive(): boolean
  /** Asks for a step; asking twice starts it once. */
  start(step: number): void
  signal(step: number, signal: StepSignal): void
  /** Resolves when the step's named pipes are there. */
  pipes(step: number): Promise<void>
  /** A step's shell may go: everything it held was read. */
  release(step: number): void
}

/** How a step ended, from the launcher's exit file. */
export interface LauncherExit {
  readonly code: number
  readonly outOfMemory: boolean
}

export interface LauncherEvents {
  readonly begun: (step: number) => void
  readonly exited: (step: number) => void
  readonly gone: () => void
}

/** What the launcher found out about the runner when it began. */
export interface RunnerReport {
  readonly env: { readonly [name: string]: string }
  readonly shells: { readonly [name: string]: string }
}

/** Between two looks for the launcher's `ready`, in milliseconds: its folder has no event to wait for before it is there. */
const READY_POLL_MS = 3

/** Waits for the launcher. Throws when it does not come. */
export async function openLauncher(folder: string, events: LauncherEvents): Promise<Launcher> {
  for (let waited = 0; !existsSync(join(folder, 'ready')); waited += READY_POLL_MS) {
    if (waited > LAUNCHER_PATIENCE_MS) throw new Error('the launcher did not start')
    await sleep(READY_POLL_MS)
  }
  const control = openSync(join(folder, 'control'), constants.O_RDWR | constants.O_NONBLOCK)
  const pool = openPool(folder, (from, to) => tell(control, `pool ${from} ${to}`))
  let alive = true
  readLines(join(folder, 'status'), (line) => {
    const [verb, number] = line.split(' ')
    if (verb === 's') events.begun(Number(number))
    if (verb === 'x') events.exited(Number(number))
    if (verb === 'p') pool.made(Number(number))
  })
  readPipe(openPipe(join(folder, 'alive')), Buffer.alloc(1), true, ignore, () => {
    alive = false
    events.gone()
  })
  return {
    folder,
    alive: () => alive,
    start: (step) => tell(control, `start ${step}`),
    signal: (step, signal) => tell(control, `signal ${step} ${signal.slice(3)}`),
    pipes: (step) => pool.need(step),
    release: (step) => release(join(folder, `${step}.end`)),
  }
}

/** The launcher's report; there as soon as it is ready. */
export function readReport(folder: string): RunnerReport {
  return {
    env: Object.fromEntries(
      readFileSync(join(folder, 'environ'), 'utf8')
        .split('\0')
        .filter((entry) => entry.indexOf('=') > 0)
        .map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
    ),
    shells: Object.fromEntries(
      wholeLines(readFileSync(join(folder, 'shells'), 'utf8'))
        .map((line): [string, string] => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)])
        .filter(([, path]) => path.startsWith('/')),
    ),
  }
}

/** Undefined while the step has not ended, or when nothing proves that it has. */
export function readExit(folder: string, step: number): LauncherExit | undefined {
  const match = /^(\d+) (\d+) (\d+) \.\n$/.exec(readIfThere(join(folder, `${step}.exit`)) ?? '')
  return match === null ? undefined : { code: Number(match[1]), outOfMemory: match[2] !== match[3] }
}

function ignore(): void {}

function tell(control: number, command: string): void {
  writeSync(control, `${command}\n`)
}

function release(path: string): void {
  try {
    const fd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK)
    writeSync(fd, '.\n')
    closeSync(fd)
  } catch (error) {
    // Nobody waits at the pipe, or it is removed: released before.
    if (!isCode(error, 'ENXIO') && !isCode(error, 'ENOENT')) throw error
  }
}

function readLines(path: string, line: (text: string) => void): void {
  const buffer = Buffer.alloc(4_096)
  let rest = ''
  const data = (length: number): void => {
    const lines = (rest + buffer.toString('latin1', 0, length)).split('\n')
    rest = lines.pop() ?? ''
    lines.forEach(line)
  }
  readPipe(openPipe(path), buffer, false, data, ignore)
}

/** Named pipes are made in one go for FIFO_POOL_STEPS steps, when half of the last ones are used up. */
function openPool(folder: string, make: (from: number, to: number) => void) {
  let begun = 0
  while (existsSync(join(folder, `${begun}.begun`))) begun += 1
  let made = begun
  while (existsSync(join(folder, `${made}.end`))) made += 1
  let asked = made
  let waiting: (() => void)[] = []
  const ask = (to: number): void => {
    if (to <= asked) return
    make(asked, to)
    asked = to
  }
  ask(begun + FIFO_POOL_STEPS)
  return {
    made(to: number) {
      made = Math.max(made, to)
      const wake = waiting
      waiting = []
      for (const go of wake) go()
    },
    async need(step: number) {
      if (step + FIFO_POOL_STEPS / 2 >= asked) ask(asked + FIFO_POOL_STEPS)
      while (step >= made) await new Promise<void>((go) => waiting.push(go))
    },
  }
}
