/** The sign in front of a job or step that tells its state at a glance; different shapes, so that it does not rest on colour alone. */
import type { Conclusion } from '../shared/run.ts'
import type { Paint } from './ansi.ts'

export function markOf(conclusion: Conclusion | undefined, started: boolean, paint: Paint): string {
  switch (conclusion) {
    case 'success':
      return paint('green', '✓')
    case 'failure':
      return paint('red', '✗')
    case 'cancelled':
      return paint('yellow', '■')
    case 'skipped':
      return paint('dim', '-')
    case undefined:
      return started ? paint('yellow', '●') : paint('dim', '○')
  }
}
