/** All steps of the job: each starts at most once, whatever dies between the decision and the launcher's word. */
import { randomUUID } from 'node:crypto'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeFileCommands } from './file-command.ts'
import type { SupervisorConfig } from './folder.ts'
import { type Launcher, openLauncher } from './launcher.ts'
import { readRecords } from './output.ts'
import type { StartCommand, StepState } from './protocol.ts'
import { closedStep, openStep, type Step } from './step.ts'
import { type Program, shellCanSet, starterScript, stubScript } from './stub.ts'
import { openTable, type Row, type Table } from './table.ts'

export interface Steps {
  /** Answers with the state it has where the key is known. */
  start(command: StartCommand): Promise<StepState>
  find(key: string): Step | undefined
  /** Whole records of a step from a boundary on. Undefined where `from` is none. */
  read(key: string, from: number): Uint8Array | undefined
}

/** Waits for the launcher and goes on with every step that has not ended. */
export async function openSteps(config: SupervisorConfig): Promise<Steps> {
  const table = openTable(config.state)
  const steps: Step[] = []
  const numbers = new Map<string, number>()
  const launcher = await openLauncher(config.launcher, {
    begun: (step) => steps[step]?.begun(),
    exited: (step) => steps[step]?.look(),
    gone: () => {
      for (const step of steps) step.look()
    },
  })
  for (const row of table.rows) {
    numbers.set(row.key, row.step)
    steps.push(reopen(row, table, launcher))
  }
  for (const step of steps) step.look()

  async function start(command: StartCommand): Promise<StepState> {
    const known = steps[numbers.get(command.key) ?? -1]
    if (known !== undefined) return known.state()
    const records = table.place(steps.every((step) => step.output().over))
    const row = { step: steps.length, key: command.key, startedMs: Date.now(), files: {}, records }
    const step = launcher.alive() ? await launch(row, command) : refuse(row)
    numbers.set(row.key, row.step)
    steps.push(step)
    return step.state()
  }

  async function launch(row: Row, command: StartCommand): Promise<Step> {
    await launcher.pipes(row.step)
    const files = makeFileCommands(config.paths.temp, command.fileCommands)
    writeProgram(config, row.step, buildProgram(config, command, files))
    table.add({ ...row, files })
    return openAndStart({ ...row, files }, table, launcher)
  }

  function refuse(row: Row): Step {
    const message = 'the launcher was killed, so nothing can be started any more'
    const end = { kind: 'refused', code: 'launcher-gone', message, atMs: row.startedMs } as const
    table.add(row)
    table.setEnd(row.step, end)
    return closedStep(0, end)
  }

  return {
    start,
    find: (key) => steps[numbers.get(key) ?? -1],
    read(key, from) {
      const number = numbers.get(key)
      const step = steps[number ?? -1]
      if (number === undefined || step === undefined) return undefined
      const row = table.rows[number]
      return row && readRecords(table.path(row.records), row.records.base, from, step.output().size)
    },
  }
}

function reopen(row: Row, table: Table, launcher: Launcher): Step {
  const path = (end: string): string => join(launcher.folder, `${row.step}.${end}`)
  const end = table.end(row.step)
  if (end !== undefined && !existsSync(path('out'))) return closedStep(table.size(row), end)
  // Decided, and no sign that the launcher took it: it may not have been told. Told twice, it starts the step once.
  return end === undefined && !existsSync(path('begun'))
    ? openAndStart(row, table, launcher)
    : openStep(row, table, launcher)
}

/** In this order: of a pipe whose writers came and went before it was opened, no end is ever reported. */
function openAndStart(row: Row, table: Table, launcher: Launcher): Step {
  const step = openStep(row, table, launcher)
  launcher.start(row.step)
  return step
}

function buildProgram(
  config: SupervisorConfig,
  command: StartCommand,
  files: { readonly [variable: string]: string },
): Program {
  const env = { ...command.env, ...files, RUNNER_TRACKING_ID: config.trackingId }
  if (command.script === undefined) return { argv: command.argv, env, cwd: command.cwd }
  const script = join(config.paths.temp, randomUUID() + command.script.extension)
  writeFileSync(script, command.script.text, { flag: 'wx', mode: 0o700 })
  return { argv: command.argv.map((argument) => argument.replaceAll('{0}', () => script)), env, cwd: command.cwd }
}

/** Before the row is in the table these files mean nothing; a start after a death writes them anew. */
function writeProgram(config: SupervisorConfig, step: number, program: Program): void {
  const path = (end: string): string => join(config.launcher, `${step}.${end}`)
  const plain = shellCanSet(program.env)
  if (!plain) writeFileSync(path('program'), JSON.stringify(program), { mode: 0o600 })
  writeFileSync(path('run'), plain ? stubScript(program) : starterScript(config.starter), { mode: 0o600 })
}
