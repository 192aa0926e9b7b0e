/** `node test/bench/step.ts`: a step through the channel of the backend `processes`, without job, log or dispatcher. Prints medians. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Supervisor } from '../../agent/channel.ts'
import { createProcessesBackend } from '../../agent/processes.ts'
import { systemClock } from '../../functions/clock.ts'
import { median, row } from './figures.ts'

const STEPS = 300
const LARGE_BYTES = 300_000_000

/** Starts a step and reads it to its end; answers with its bytes. */
async function runStep(supervisor: Supervisor, key: string, script: string): Promise<number> {
  const env = { PATH: supervisor.facts.env['PATH'] ?? '' }
  await supervisor.start({ key, argv: ['sh', '-c', script], env, cwd: '/', fileCommands: {} }, [])
  let bytes = 0
  for await (const records of supervisor.output(key, 0)) {
    for (const record of records) bytes += record.bytes.length
  }
  await supervisor.ended(key)
  return bytes
}

const folder = mkdtempSync(join(tmpdir(), 'longshore-bench-'))
const supervisorPath = new URL('../../agent/supervisor/main.ts', import.meta.url)
const backend = await createProcessesBackend({
  folder,
  agent: 'bench',
  supervisorPath,
  hostEnv: process.env,
  clock: systemClock,
})
const ref = { run: 1, runAttempt: 1, job: 'bench', try: 0 }
const never = new AbortController().signal
const pod = await backend.create({ ref, issuer: 'bench', epoch: 1, runsOn: [], graceMs: 60_000 }, never)
try {
  const supervisor = await backend.connect(pod, never)
  const samples: number[] = []
  for (let step = 0; step < STEPS; step++) {
    const before = performance.now()
    await runStep(supervisor, `step-${step}`, 'true')
    samples.push(performance.now() - before)
  }
  row(
    'sh -c true',
    `${median(samples).toFixed(2)} ms`,
    `95 %: ${(samples.toSorted((a, b) => a - b)[Math.floor(STEPS * 0.95)] ?? 0).toFixed(2)} ms`,
  )
  const before = performance.now()
  const bytes = await runStep(supervisor, 'large', `head -c ${LARGE_BYTES} /dev/zero`)
  row('output', `${(bytes / 1_000 / (performance.now() - before)).toFixed(0)} MB/s`, `${bytes / 1e6} MB`)
} finally {
  await backend.remove(pod)
  await backend.close()
  rmSync(folder, { recursive: true, force: true })
}
