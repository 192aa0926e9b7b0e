/** Resident memory of an idle agent, of a supervisor, and per job at 50 jobs that print 100 lines/s each; an agent of its own, as in a cluster. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { deploy } from '../cli/deployment.ts'
import { median, memoryMb, pidsOf, row } from './figures.ts'

const JOBS = 50
/** Long enough for all jobs to print side by side for a while on two cores. */
const PRINTING_S = 30
const SAMPLES = 10

const busy = `on: push
jobs:
  print:
    runs-on: ubuntu-latest
    strategy:
      matrix:
        leg: [${Array.from({ length: JOBS }, (_, index) => index).join(', ')}]
    steps:
      - run: for i in $(seq ${PRINTING_S * 10}); do printf 'a line of output\\n%.0s' 1 2 3 4 5 6 7 8 9 10; sleep 0.1; done
`

export async function measureMemory(): Promise<void> {
  const there = await deploy()
  try {
    const agent = await there.startAgent('agent-1', JOBS)
    const pid = agent.child.pid ?? Number.NaN
    await setTimeout(2_000)
    const idle = memoryMb(pid)
    row('an idle agent', `${idle.residentMb.toFixed(0)} MB`, `${idle.shareMb.toFixed(0)} MB its own share`)
    writeFileSync(join(there.folder, 'busy.yml'), busy)
    const run = there.run('busy.yml', '--quiet')
    await allRunning(there.folder)
    const samples: number[] = []
    for (let sample = 0; sample < SAMPLES; sample++) {
      samples.push(memoryMb(pid).residentMb)
      await setTimeout(1_000)
    }
    const supervisors = pidsOf(join(there.folder, 'work')).map(memoryMb)
    const perJob = (median(samples) - idle.residentMb) / JOBS
    row(
      `the agent per job, ${JOBS} at 100 lines/s`,
      `${perJob.toFixed(2)} MB`,
      `${median(samples).toFixed(0)} MB in all`,
    )
    const share = median(supervisors.filter(({ residentMb }) => residentMb > 20).map(({ shareMb }) => shareMb))
    const resident = median(supervisors.filter(({ residentMb }) => residentMb > 20).map(({ residentMb }) => residentMb))
    row('a supervisor', `${resident.toFixed(0)} MB`, `${share.toFixed(0)} MB its own share`)
    const ended = await run.ended
    if (ended.status !== 0) throw new Error(`the jobs ended with ${ended.status}: ${ended.stdout}${ended.stderr}`)
  } finally {
    await there.close()
  }
}

/** Until there is a supervisor per job. */
async function allRunning(folder: string): Promise<void> {
  while (pidsOf(join(folder, 'work')).filter((pid) => memoryMb(pid).residentMb > 20).length < JOBS)
    await setTimeout(200)
}
