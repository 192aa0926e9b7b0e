/**
 * The supervisor of one job, in one process. Usage: `supervisor FOLDER` (its config stands there), or `supervisor program STEP`, which turns
 * into a step's program (starter.ts). Ends with 0 when no controller came for the time of its config; its keeper restarts it otherwise.
 */
import { existsSync, openSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { type Connection, type ConnectionEvents, serveConnection } from './connection.ts'
import { judgeHello, readController, writeController } from './controller.ts'
import { openDesk } from './desk.ts'
import { readIfThere, replaceFile, type SupervisorConfig } from './folder.ts'
import { openJournal } from './journal.ts'
import { readReport } from './launcher.ts'
import { FOLDER_INTERVAL_MS } from './limit.ts'
import type { RunnerFacts } from './protocol.ts'
import { killProcesses } from './reap.ts'
import { becomeProgram } from './starter.ts'
import { openSteps } from './steps.ts'

async function supervise(config: SupervisorConfig): Promise<void> {
  const journal = openJournal(config.state)
  const steps = await openSteps(config)
  const facts = readFacts(config)
  let controller = readController(config)
  let current: Connection | undefined
  let grace = setTimeout(end, config.graceMs)
  const desk = openDesk({ config, steps, journal }, (connection) => connection === current)

  const events: ConnectionEvents = {
    hello(nonce, connection) {
      const verdict = judgeHello(config, controller, nonce, connection.hello)
      if (verdict !== 'welcome') return { kind: 'refused', code: verdict }
      const code = connection.hello.epoch > controller.epoch ? 'superseded' : 'ghost'
      controller = connection.hello
      writeController(config, controller)
      current?.send({ kind: 'refused', code })
      current?.close()
      current = connection
      clearTimeout(grace)
      return { kind: 'welcome', facts, number: journal.last(controller.epoch) }
    },
    request: (connection, request, raw) => {
      if (connection === current) desk.take(connection, request, raw)
    },
    closed(connection) {
      desk.leave(connection)
      if (connection !== current) return
      current = undefined
      grace = setTimeout(end, config.graceMs)
    },
  }

  /** Nobody comes for this job any more: nothing of it may be left running. */
  async function end(): Promise<void> {
    if (existsSync(config.state)) replaceFile(join(config.state, 'over'), 'no controller came for this job\n')
    if (config.sharesProcesses) {
      await killProcesses(config.trackingId, config.launcher, [process.pid, process.ppid])
      // With the file commands beside it: nothing of the job stays in memory.
      rmSync(dirname(config.launcher), { recursive: true, force: true })
    }
    process.exit(0)
  }

  setInterval(() => {
    if (!existsSync(config.state)) void end()
  }, FOLDER_INTERVAL_MS)
  listen(config, events)
}

function listen(config: SupervisorConfig, events: ConnectionEvents): void {
  const server = createServer((socket) => serveConnection(socket, config.pod, events))
  switch (config.listen.kind) {
    case 'port':
      server.listen(config.listen.port, '127.0.0.1')
      return
    case 'socket': {
      // A socket's path may have some 100 bytes only (unix(7)): through the folder's descriptor it is short wherever the folder is.
      rmSync(join(config.state, config.listen.name), { force: true })
      const folder = openSync(config.state, 'r')
      server.listen(`/proc/self/fd/${folder}/${config.listen.name}`)
      return
    }
  }
}

function readFacts(config: SupervisorConfig): RunnerFacts {
  const { env, shells } = readReport(config.launcher)
  return {
    paths: { ...config.paths, home: config.paths.home ?? env['HOME'] ?? '/' },
    os: 'Linux',
    arch: process.arch === 'arm64' ? 'ARM64' : 'X64',
    env,
    shells,
  }
}

/** Started again by its keeper, and everything was removed meanwhile: what still runs of the job is what nobody else will end. */
async function endRemoved(folder: string): Promise<void> {
  const trackingId = process.env['RUNNER_TRACKING_ID']
  if (trackingId !== undefined) await killProcesses(trackingId, folder, [process.pid, process.ppid])
}

const [first = '', second = ''] = process.argv.slice(2)
const config = first === 'program' ? undefined : readIfThere(join(first, 'config.json'))
if (first === 'program') process.exitCode = becomeProgram(second)
else if (config === undefined) await endRemoved(first)
else await supervise(JSON.parse(config) as SupervisorConfig)
