/** `longshore cancel RUN` */
import { EXIT, type ExitStatus } from '../exit.ts'
import type { ServerOptions } from '../program.ts'
import { writeLines } from '../screen.ts'
import { clientOf, runNumber } from '../server.ts'
import type { Shell } from '../shell.ts'

export async function cancel(shell: Shell, run: string, options: ServerOptions): Promise<ExitStatus> {
  const number = runNumber(run)
  await clientOf(options).cancel(number)
  writeLines(shell.stdout, [`run ${number} is being cancelled`])
  return EXIT.success
}
