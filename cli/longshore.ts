/** The program: builds the command line, gives every command its world, and turns what went wrong into an exit status. */
import { CommanderError } from 'commander'
import { systemClock } from '../functions/clock.ts'
import packageJson from '../package.json' with { type: 'json' }
import { LongshoreError } from '../shared/error.ts'
import { wantsColour } from './ansi.ts'
import { EXIT, type ExitStatus, RefusedError, UsageError } from './exit.ts'
import { type Interrupt, watchInterrupts } from './interrupt.ts'
import { writeProblems } from './problems.ts'
import { type Actions, buildProgram } from './program.ts'
import type { Screen } from './screen.ts'
import type { Shell } from './shell.ts'

/** Each command is a chunk of its own in the bundle: it is loaded when it is called. */
function actionsOf(shell: Shell, end: (status: ExitStatus) => void): Actions {
  const leave = (command: Promise<ExitStatus>): Promise<ExitStatus> => unlessInterrupted(shell.interrupt, command)
  return {
    run: async (...args) => end(await (await import('./command/run.ts')).run(shell, ...args)),
    check: async (...args) => end(await leave((await import('./command/check.ts')).check(shell, ...args))),
    plan: async (...args) => end(await leave((await import('./command/plan.ts')).plan(shell, ...args))),
    serve: async (...args) => end(await (await import('./command/serve.ts')).serve(shell, ...args)),
    agent: async (...args) => end(await (await import('./command/agent.ts')).agent(shell, ...args)),
    logs: async (...args) => end(await leave((await import('./command/logs.ts')).logs(shell, ...args))),
    cancel: async (...args) => end(await leave((await import('./command/cancel.ts')).cancel(shell, ...args))),
    rerun: async (...args) => end(await leave((await import('./command/rerun.ts')).rerun(shell, ...args))),
    keygen: async (...args) => end(await (await import('./command/keygen.ts')).keygen(shell, ...args)),
  }
}

/** For a command that leaves nothing behind: the first signal ends it. */
async function unlessInterrupted({ cancel }: Interrupt, command: Promise<ExitStatus>): Promise<ExitStatus> {
  if (cancel.aborted) return EXIT.cancelled
  // What it waits for, a pipe without a writer or a server that is silent, would keep the process.
  const leave = (): void => process.exit(EXIT.cancelled)
  cancel.addEventListener('abort', leave, { once: true })
  return command.finally(() => cancel.removeEventListener('abort', leave))
}

async function main(argv: readonly string[], interrupt: Interrupt): Promise<ExitStatus> {
  const shell: Shell = {
    env: process.env,
    folder: process.cwd(),
    stdout: screenOf(process.stdout),
    stderr: screenOf(process.stderr),
    interrupt,
    clock: systemClock,
    supervisorPath: new URL('supervisor.js', import.meta.url),
  }
  let status: ExitStatus = EXIT.success
  const program = buildProgram(
    packageJson.version,
    actionsOf(shell, (ended) => (status = ended)),
  )
  for (const command of [program, ...program.commands]) command.exitOverride()
  try {
    await program.parseAsync(argv, { from: 'user' })
    return status
  } catch (error) {
    return explain(error, shell.stderr)
  }
}

/** Says what went wrong, unless it was said already. A broken invariant is not caught: it ends the process with its stack. */
function explain(error: unknown, stderr: Screen): ExitStatus {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.success : EXIT.usage
  if (error instanceof UsageError) {
    stderr.write(`longshore: ${error.message}\n`)
    return EXIT.usage
  }
  if (error instanceof RefusedError) {
    stderr.write(`longshore: ${error.message}\n`)
    writeProblems(stderr, error.problems)
    return EXIT.usage
  }
  if (error instanceof LongshoreError) {
    stderr.write(`longshore: ${error.message}${error.cause instanceof Error ? ` (${error.cause.message})` : ''}\n`)
    return EXIT.notRun
  }
  throw error
}

function screenOf(stream: NodeJS.WriteStream): Screen {
  return {
    write: (text) => {
      if (!stream.destroyed) stream.write(text)
    },
    isTerminal: stream.isTTY === true,
    colour: wantsColour(process.env, stream.isTTY === true),
    size: () => ({ columns: stream.columns ?? 80, rows: stream.rows ?? 24 }),
  }
}

const interrupt = watchInterrupts(process.stdout, process.stderr)
const status = await main(process.argv.slice(2), interrupt)
// Told to stop at once: an agent whose pods were taken away may go on looking for them for a while, and nobody waits for that.
if (interrupt.stop.aborted) process.exit(status)
process.exitCode = status
