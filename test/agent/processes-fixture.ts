/** A folder with agents, pods and steps of its own: real processes, gone at the end of the test. */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Pod, PodRequest } from '../../agent/backend.ts'
import type { Supervisor } from '../../agent/channel.ts'
import { podFolder, trackingId } from '../../agent/processes/pod-folder.ts'
import { createProcessesBackend, type ProcessesBackend } from '../../agent/processes.ts'
import type { StartCommand } from '../../agent/supervisor/protocol.ts'
import { findProcesses, killProcesses } from '../../agent/supervisor/reap.ts'
import type { Clock } from '../../shared/clock.ts'

export const clock: Clock = {
  nowMs: () => Date.now(),
  sleep: (ms, signal) => sleep(ms, undefined, signal === undefined ? {} : { signal }),
}

export interface World {
  readonly folder: string
  agent(id: string, hostEnv?: typeof process.env): Promise<ProcessesBackend>
}

/** Ends with a check that no process of any pod is left. */
export function openWorld(t: TestContext, parent: string = mkdtempSync(join(tmpdir(), 'longshore-test-'))): World {
  const folder = join(parent, 'root')
  const agents: ProcessesBackend[] = []
  t.after(async () => {
    for (const agent of agents) await agent.close()
    const last = await openAgent(folder, 'last')
    for (const pod of await last.orphans(new AbortController().signal)) {
      await last.remove(pod)
      const left = findProcesses(trackingId(pod), podFolder(folder, pod).launcher)
      await killProcesses(trackingId(pod), podFolder(folder, pod).launcher, [])
      assert.deepEqual(left, [], 'processes are left')
    }
    await last.close()
    rmSync(parent, { recursive: true, force: true })
  })
  return {
    folder,
    async agent(id, hostEnv) {
      const agent = await openAgent(folder, id, hostEnv)
      agents.push(agent)
      return agent
    },
  }
}

function openAgent(folder: string, agent: string, hostEnv = process.env): Promise<ProcessesBackend> {
  const supervisorPath = new URL('../../agent/supervisor/main.ts', import.meta.url)
  return createProcessesBackend({ folder, agent, supervisorPath, hostEnv, clock })
}

export function podRequest(changes: Partial<PodRequest> = {}): PodRequest {
  const ref = { run: 7, runAttempt: 1, job: 'build', try: 0 }
  return { ref, issuer: 'https://ci.example', epoch: 1, runsOn: ['ubuntu-latest'], graceMs: 60_000, ...changes }
}

export interface OpenPod {
  readonly world: World
  readonly backend: ProcessesBackend
  readonly pod: Pod
  readonly supervisor: Supervisor
}

export async function openPod(t: TestContext, changes: Partial<PodRequest> = {}): Promise<OpenPod> {
  const world = openWorld(t)
  const backend = await world.agent('first')
  const pod = await backend.create(podRequest(changes), t.signal)
  return { world, backend, pod, supervisor: await backend.connect(pod, t.signal) }
}

/** A step that runs a script with sh. */
export function shellStep(supervisor: Supervisor, key: string, text: string): StartCommand {
  return {
    key,
    argv: ['sh', '{0}'],
    env: { PATH: supervisor.facts.env['PATH'] ?? '' },
    cwd: supervisor.facts.paths.workspace,
    script: { text, extension: '.sh' },
    fileCommands: {},
  }
}

/** All of a step's output from a position on, each stream's bytes together. */
export async function readOutput(supervisor: Supervisor, key: string, from = 0) {
  const streams = { stdout: '', stderr: '' }
  for await (const records of supervisor.output(key, from)) {
    for (const record of records) streams[record.stream] += Buffer.from(record.bytes).toString('latin1')
  }
  return streams
}

/** Runs a script as a step to its end. */
export async function runScript(
  supervisor: Supervisor,
  key: string,
  text: string,
  changes: Partial<StartCommand> = {},
) {
  await supervisor.start({ ...shellStep(supervisor, key, text), ...changes }, [])
  const output = await readOutput(supervisor, key)
  const end = await supervisor.ended(key)
  return { ...output, end, code: end.kind === 'exited' ? end.record.code : end.code }
}

/** The process of a pod's supervisor. */
export function supervisorPid({ world, pod }: Pick<OpenPod, 'world' | 'pod'>): number {
  const [found] = findSupervisors({ world, pod })
  assert.ok(found !== undefined, 'the supervisor runs')
  return found
}

/** None in the moment between its death and its keeper's next try. */
export function findSupervisors({ world, pod }: Pick<OpenPod, 'world' | 'pod'>): readonly number[] {
  return findProcesses(trackingId(pod), podFolder(world.folder, pod).launcher).filter((pid) =>
    commandLine(pid).startsWith(`${process.execPath}\0`),
  )
}

/** Empty for a process that is gone. */
function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}
