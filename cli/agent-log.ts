/** What an agent in this process says of itself: a line on stderr for what somebody should know. */
import type { AgentLog } from '../agent/agent-log.ts'
import { safeLine } from './ansi.ts'
import { type Screen, writeLines } from './screen.ts'

/** Only what went wrong: the rest shows in the run itself. */
export function agentLog(screen: Screen): AgentLog {
  return {
    write(level, event, fields) {
      if (level === 'error') writeLines(screen, [`longshore: ${lineOf(event, fields)}`])
    },
  }
}

/** Everything, as JSON, a record a line. */
export function jsonAgentLog(screen: Screen, nowMs: () => number): AgentLog {
  return {
    write: (level, event, fields) =>
      screen.write(`${JSON.stringify({ time: new Date(nowMs()).toISOString(), level, event, ...fields })}\n`),
  }
}

function lineOf(event: string, fields: { readonly [name: string]: string | number }): string {
  const said = Object.entries(fields).map(([name, value]) => `${name}=${value}`)
  return safeLine([event, ...said].join(' ').replaceAll('\n', ' '), false)
}
