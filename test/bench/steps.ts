/** Wall time of workflows of 1, 50 and 500 steps, beside the same scripts started one after the other by nothing but this process. */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { median, row, wallMs } from './figures.ts'

const LONGSHORE = join(import.meta.dirname, '..', '..', 'dist', 'main.js')
const ROUNDS = 3

export async function measureSteps(folder: string): Promise<void> {
  const counts = [1, 50, 500]
  const walls = new Map<number, number>()
  for (const count of counts) {
    const file = `steps-${count}.yml`
    writeFileSync(join(folder, file), workflow(count))
    const samples: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      samples.push(await wallMs(process.execPath, [LONGSHORE, 'run', file, '--quiet'], folder))
    }
    walls.set(count, median(samples))
    row(`${count} steps, wall`, `${median(samples).toFixed(0)} ms`, '')
  }
  const added = ((walls.get(500) ?? Number.NaN) - (walls.get(1) ?? Number.NaN)) / 499
  const bare = bareStepMs(folder)
  row('a step more', `${added.toFixed(2)} ms`, `bash -e alone: ${bare.toFixed(2)} ms (${(added / bare).toFixed(1)}×)`)
}

function workflow(steps: number): string {
  const step = '      - run: echo "one more"\n'
  return `on: push\njobs:\n  steps:\n    runs-on: ubuntu-latest\n    steps:\n${step.repeat(steps)}`
}

/** `bash -e FILE` for each of 200 files, started and waited for: what no runner can be under. */
function bareStepMs(folder: string): number {
  const script = join(folder, 'bare.sh')
  writeFileSync(script, 'echo "one more"')
  const samples = Array.from({ length: 200 }, () => {
    const before = performance.now()
    spawnSync('bash', ['-e', script])
    return performance.now() - before
  })
  return median(samples)
}
