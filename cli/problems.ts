/** How the user's mistakes are printed: one a line, in the order of the files and their lines. */
import { formatProblem, type Problem } from '../shared/error.ts'
import { safeLine } from './ansi.ts'
import { type Screen, writeLines } from './screen.ts'

export function writeProblems(screen: Screen, problems: readonly Problem[]): void {
  writeLines(
    screen,
    problems.map((problem) => safeLine(formatProblem(problem).replaceAll('\n', ' '), false)),
  )
}
