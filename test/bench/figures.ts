/** What the benchmarks share: timing whole commands, reading memory from /proc, printing a table. These machines are noisy: medians, ratios. */
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

export function median(samples: readonly number[]): number {
  const sorted = samples.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2
}

/** Wall time of a command in milliseconds. Rejects unless it exits with 0. */
export async function wallMs(command: string, args: readonly string[], cwd: string): Promise<number> {
  const before = performance.now()
  const child = spawn(command, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] })
  const code = await new Promise((resolve, reject) => {
    child.on('exit', resolve)
    child.on('error', reject)
  })
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}`)
  return performance.now() - before
}

/** Resident memory of a process in MB, 0 when it is gone: all of its pages, and the share of it that is its own (Pss, Linux). */
export function memoryMb(pid: number): { readonly residentMb: number; readonly shareMb: number } {
  const read = (file: string, field: string): number => {
    const line = procFile(pid, file)
      .split('\n')
      .find((entry) => entry.startsWith(`${field}:`))
    return Number(/\d+/.exec(line ?? '')?.[0] ?? 0) / 1024
  }
  return { residentMb: read('status', 'VmRSS'), shareMb: read('smaps_rollup', 'Pss') }
}

/** Processes whose command line has `text`. */
export function pidsOf(text: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => procFile(pid, 'cmdline').includes(text))
}

/** Empty for a process that is gone. */
function procFile(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return ''
  }
}

export function row(what: string, figure: string, comparison: string): void {
  console.log(`${what.padEnd(46)} ${figure.padStart(20)}   ${comparison}`)
}
