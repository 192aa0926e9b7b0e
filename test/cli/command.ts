/** Starts the command as a process and watches what it says. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { bundledCommand, root } from './bundle.ts'

export interface Ended {
  /** Undefined where a signal ended it. */
  readonly status: number | undefined
  readonly stdout: string
  readonly stderr: string
}

export interface Started {
  readonly child: ChildProcess
  /** Resolves with all of stdout so far when it has held the text; rejects when the command ends without it. */
  said(text: string): Promise<string>
  readonly ended: Promise<Ended>
}

export interface StartOptions {
  readonly folder?: string
  readonly env?: { readonly [name: string]: string }
}

const command = bundledCommand()

/** Without the environment's own wishes for colour, tokens or servers. */
function baseEnv(): Record<string, string | undefined> {
  const { NO_COLOR, FORCE_COLOR, LONGSHORE_SERVER, LONGSHORE_TOKEN, NODE_TEST_CONTEXT, ...env } = process.env
  return env
}

export function start(args: readonly string[], { folder = root, env = {} }: StartOptions = {}): Started {
  const child = spawn(process.execPath, [command, ...args], {
    cwd: folder,
    env: { ...baseEnv(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  const listeners = new Set<() => void>()
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    for (const listener of listeners) listener()
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const ended = once(child, 'close').then(([code]: unknown[]) => ({
    status: typeof code === 'number' ? code : undefined,
    stdout,
    stderr,
  }))
  const said = (text: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (!stdout.includes(text)) return
        listeners.delete(look)
        resolve(stdout)
      }
      listeners.add(look)
      look()
      void ended.then(() => reject(new Error(`it ended without saying ${text}: ${stdout}\n${stderr}`)))
    })
  return { child, said, ended }
}

/** Runs the command to its end. */
export function longshore(args: readonly string[], options?: StartOptions): Promise<Ended> {
  return start(args, options).ended
}
