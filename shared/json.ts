/** JSON from outside, before its schema is asked. */
import type { Value } from './template.ts'

/** Undefined where `text` is no JSON: no schema takes that, so it becomes the schema's problem. */
export function parseJson(text: string): Value | undefined {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The same of bytes; undefined too where they are not UTF-8. */
export function parseJsonBytes(bytes: Uint8Array): Value | undefined {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return undefined
  }
}
