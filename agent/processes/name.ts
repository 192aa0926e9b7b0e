/** A pod's name: the same for the same try of the same dispatcher, another for any other, and fit for Kubernetes. */
import { createHash } from 'node:crypto'
import type { TryRef } from '../../shared/try.ts'

/** RFC 1123 label, at most 63 characters: readable parts, then a hash that tells apart what they do not. */
export function podName(issuer: string, ref: TryRef): string {
  const identity = JSON.stringify([issuer, ref.run, ref.runAttempt, ref.job, ref.try])
  const hash = createHash('sha256').update(identity).digest('hex').slice(0, 12)
  const job = ref.job.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
  const readable = `ls-${ref.run}-${job}`.slice(0, 63 - hash.length - 1).replace(/-+$/, '')
  return `${readable}-${hash}`
}
