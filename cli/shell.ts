/** What a command gets of the world around it. Made once, in cli/longshore.ts, which alone looks at the process. */
import type { Clock } from '../shared/clock.ts'
import type { Interrupt } from './interrupt.ts'
import type { Screen } from './screen.ts'

/** What the process was started with; built in longshore.ts, which alone reads the environment. */
export interface Shell {
  readonly env: { readonly [name: string]: string | undefined }
  /** Absolute: the folder the command was started in. */
  readonly folder: string
  readonly stdout: Screen
  readonly stderr: Screen
  readonly interrupt: Interrupt
  readonly clock: Clock
  /** The supervisor's bundle; launcher.sh and keeper.sh stand beside it. */
  readonly supervisorPath: URL
}
