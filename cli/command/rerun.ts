/** `longshore rerun RUN` */
import { EXIT, type ExitStatus, UsageError } from '../exit.ts'
import type { RerunOptions } from '../program.ts'
import { writeLines } from '../screen.ts'
import { clientOf, runNumber } from '../server.ts'
import type { Shell } from '../shell.ts'

export async function rerun(shell: Shell, run: string, options: RerunOptions): Promise<ExitStatus> {
  const number = runNumber(run)
  if (options.failed === true && options.job.length > 0) throw new UsageError('--failed and --job exclude each other')
  await clientOf(options).rerun(
    number,
    options.failed === true ? 'failed' : options.job.length > 0 ? options.job : 'all',
  )
  writeLines(shell.stdout, [`run ${number} runs again`])
  return EXIT.success
}
