/** `npm run bench`: the figures of the README, through the front door, with what each is compared to, in one run. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { measureLines } from './lines.ts'
import { measureMemory } from './memory.ts'
import { measureSteps } from './steps.ts'

spawnSync(process.execPath, ['infra/build.mjs'], { stdio: 'inherit' })
const folder = mkdtempSync(join(tmpdir(), 'longshore-bench-'))
console.log(`Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}; medians\n`)
try {
  await measureSteps(folder)
  await measureLines(folder)
  await measureMemory()
} finally {
  rmSync(folder, { recursive: true, force: true })
}
