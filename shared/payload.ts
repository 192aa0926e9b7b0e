/** What the payload of an event says of the ref and the person it is about. Source: GitHub's documentation, "Events that trigger workflows". */
import type { Value } from './template.ts'
import type { TriggerRequest } from './trigger.ts'

type PayloadRef = Pick<NonNullable<TriggerRequest['ref']>, 'ref' | 'sha' | 'headRef' | 'baseRef' | 'actor'>

/** What it does not say is left out. A payload may be anything: what is not of its type is not there. */
export function refOfPayload(event: string, payload: Value): PayloadRef {
  const login = textAt(payload, 'sender', 'login')
  return { ...refOf(event, payload), ...(login === undefined ? {} : { actor: login }) }
}

function refOf(event: string, payload: Value): PayloadRef {
  switch (event) {
    case 'pull_request':
    case 'pull_request_review':
    case 'pull_request_review_comment':
      return {
        ...branches(payload),
        ...mergeRef(payload),
        ...commit(textAt(payload, 'pull_request', 'merge_commit_sha')),
      }
    case 'pull_request_target':
      return { ...branches(payload), ...baseRef(payload), ...commit(textAt(payload, 'pull_request', 'base', 'sha')) }
    case 'push':
      return { ...full(textAt(payload, 'ref')), ...commit(textAt(payload, 'after')) }
  }
  return {}
}

function branches(payload: Value): PayloadRef {
  const head = textAt(payload, 'pull_request', 'head', 'ref')
  const base = textAt(payload, 'pull_request', 'base', 'ref')
  return { ...(head === undefined ? {} : { headRef: head }), ...(base === undefined ? {} : { baseRef: base }) }
}

function mergeRef(payload: Value): PayloadRef {
  const number = valueAt(payload, ['pull_request', 'number']) ?? valueAt(payload, ['number'])
  return typeof number === 'number' ? { ref: `refs/pull/${number}/merge` } : {}
}

function baseRef(payload: Value): PayloadRef {
  const base = textAt(payload, 'pull_request', 'base', 'ref')
  return base === undefined ? {} : { ref: `refs/heads/${base}` }
}

function full(ref: string | undefined): PayloadRef {
  return ref?.startsWith('refs/') ? { ref } : {}
}

/** Of a deleted ref the commit is forty zeros: that is none. */
function commit(sha: string | undefined): PayloadRef {
  return sha !== undefined && /^[0-9a-f]{40,64}$/.test(sha) && !/^0+$/.test(sha) ? { sha } : {}
}

function textAt(payload: Value, ...path: readonly string[]): string | undefined {
  const found = valueAt(payload, path)
  return typeof found === 'string' && found !== '' ? found : undefined
}

/** What lies at these keys of nested objects, or undefined. */
export function valueAt(payload: Value, path: readonly string[]): Value | undefined {
  let value: Value | undefined = payload
  for (const name of path) {
    if (!isObject(value)) return undefined
    value = value[name]
  }
  return value
}

function isObject(value: Value | undefined): value is { readonly [key: string]: Value } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
