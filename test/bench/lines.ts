/** A step that prints a million lines, beside the same command piped into a file. */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { median, row, wallMs } from './figures.ts'

const LONGSHORE = join(import.meta.dirname, '..', '..', 'dist', 'main.js')
const LINES = 1_000_000
const ROUNDS = 3
const PRINT = `seq -f 'a line of forty-five characters, number %07.0f' ${LINES}`

export async function measureLines(folder: string): Promise<void> {
  const one = write(folder, 'one.yml', 'echo one')
  const million = write(folder, 'million.yml', PRINT)
  const samples: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const start = await wallMs(process.execPath, [LONGSHORE, 'run', one, '--quiet'], folder)
    samples.push((await wallMs(process.execPath, [LONGSHORE, 'run', million, '--quiet'], folder)) - start)
  }
  const bare = bareMs(folder)
  const ratio = (median(samples) / bare).toFixed(1)
  row(
    `${LINES.toLocaleString('en')} lines in a step`,
    rate(median(samples)),
    `into a file: ${rate(bare)} (${ratio}× the time)`,
  )
}

function rate(ms: number): string {
  return `${Math.round(LINES / (ms / 1000)).toLocaleString('en')} lines/s`
}

function write(folder: string, file: string, script: string): string {
  const text = `on: push\njobs:\n  lines:\n    runs-on: ubuntu-latest\n    steps:\n      - run: ${JSON.stringify(script)}\n`
  writeFileSync(join(folder, file), text)
  return file
}

function bareMs(folder: string): number {
  const samples = Array.from({ length: ROUNDS }, () => {
    const before = performance.now()
    spawnSync('sh', ['-c', `${PRINT} | cat > ${join(folder, 'bare.log')}`])
    return performance.now() - before
  })
  return median(samples)
}
