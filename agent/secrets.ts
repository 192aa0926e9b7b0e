/** Where secrets come from, in the cluster. Decides what a job may have; looks at its provenance and trust. */
import type { JobMessage } from '../shared/message.ts'

export interface Secrets {
  /**
   * The `secrets` context of this job: every value it may see, masked before anything is said. Rejects with `LongshoreError` retry `later`
   * where they cannot be read now.
   */
  resolve(message: JobMessage, signal: AbortSignal): Promise<{ readonly [name: string]: string }>
}

/** The same secrets for every job: those somebody gave on their own command line, for their own runs. */
export function staticSecrets(values: { readonly [name: string]: string }): Secrets {
  return { resolve: async () => values }
}

/** What a job's output may not show: every secret, and the token as git sends it. Source: actions/runner Worker.InitializeSecretMasker. */
export function hiddenValues(secrets: { readonly [name: string]: string }): readonly string[] {
  const token = secrets['GITHUB_TOKEN'] ?? ''
  const header = token === '' ? [] : [Buffer.from(`x-access-token:${token}`).toString('base64')]
  return [...Object.values(secrets), ...header]
}
