/** What an agent says about itself. */
import { LongshoreError } from '../shared/error.ts'
import type { TryRef } from '../shared/try.ts'

/** For whoever runs the agent: one record per thing that happened. Never a secret, never a job's output. */
export interface AgentLog {
  write(level: 'info' | 'warning' | 'error', event: string, fields: { readonly [name: string]: string | number }): void
}

/** A try as fields. */
export function named({ run, runAttempt, job, try: number }: TryRef) {
  return { run, runAttempt, job, try: number }
}

/** An error as fields; one that nobody foresaw with its stack. */
export function described(error: unknown): { readonly code: string; readonly message: string } {
  if (error instanceof LongshoreError) return { code: error.code, message: error.message }
  return { code: 'unforeseen', message: error instanceof Error ? (error.stack ?? error.message) : 'unknown' }
}
