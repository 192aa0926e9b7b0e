/** What an agent says about itself, for whoever runs it: one record per thing that happened. Never a secret, never a job's output. */
export interface AgentLog {
  write(level: 'info' | 'warning' | 'error', event: string, fields: { readonly [name: string]: string | number }): void
}
