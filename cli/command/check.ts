/** `longshore check FILE…`: every mistake of every file, in one go. */
import type { Problem } from '../../shared/error.ts'
import { parseWorkflow } from '../../shared/parse.ts'
import { EXIT, type ExitStatus } from '../exit.ts'
import { readWorkflowFiles } from '../files.ts'
import { writeProblems } from '../problems.ts'
import { writeLines } from '../screen.ts'
import type { Shell } from '../shell.ts'

export async function check(
  shell: Shell,
  paths: readonly string[],
  options: { readonly json?: true },
): Promise<ExitStatus> {
  const files = await readWorkflowFiles(shell.folder, paths)
  const problems = files.flatMap(({ file, text }) => problemsOf(file, text))
  if (options.json === true) shell.stdout.write(`${JSON.stringify(problems, null, 2)}\n`)
  else if (problems.length > 0) writeProblems(shell.stdout, problems)
  else writeLines(shell.stdout, [`${count(files.length, 'workflow')}, no problem`])
  return problems.length === 0 ? EXIT.success : EXIT.usage
}

function problemsOf(file: string, text: string): readonly Problem[] {
  const parsed = parseWorkflow(file, text)
  return parsed.ok ? [] : parsed.problems
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
