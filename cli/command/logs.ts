/** `longshore logs RUN`: the log of each job, as it is kept. */
import { safeLine } from '../ansi.ts'
import type { Client } from '../client.ts'
import { EXIT, type ExitStatus, UsageError } from '../exit.ts'
import { lookOf } from '../presenter.ts'
import type { ServerOptions } from '../program.ts'
import { type Screen, writeLines } from '../screen.ts'
import { clientOf, runNumber } from '../server.ts'
import type { Shell } from '../shell.ts'
import { linesOf } from '../text.ts'

export async function logs(
  shell: Shell,
  run: string,
  options: ServerOptions & { readonly job?: string },
): Promise<ExitStatus> {
  const client = clientOf(options)
  const number = runNumber(run)
  const { jobs } = await client.describe(number)
  const wanted = jobs.filter(({ job }) => options.job === undefined || job === options.job)
  if (wanted.length === 0)
    throw new UsageError(
      `run ${number} has no job ${options.job ?? ''}: it has ${jobs.map(({ job }) => job).join(', ')}`,
    )
  for (const { job, name } of wanted) {
    if (wanted.length > 1)
      writeLines(shell.stdout, [lookOf(shell.stdout).paint('bold', safeLine(`── ${name} ──`, false))])
    await copyLog(client, number, job, shell.stdout)
  }
  return EXIT.success
}

async function copyLog(client: Client, run: number, job: string, screen: Screen): Promise<void> {
  for await (const lines of linesOf(await client.log(run, job))) {
    writeLines(
      screen,
      lines.map((line) => safeLine(line, screen.colour)),
    )
  }
}
