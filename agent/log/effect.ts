import { COMMAND_VALUES_BYTES_MAX } from '../../shared/limit.ts'

/** What the commands of a step have set so far: facts for the job, which decides what they mean. A live view. */
export interface CommandEffects {
  /** For later steps. */
  readonly env: ReadonlyMap<string, string>
  /** Folders for PATH in the order they were added, each once; the latest goes first. */
  readonly path: ReadonlySet<string>
  readonly outputs: ReadonlyMap<string, string>
  /** For the action's later phases. */
  readonly state: ReadonlyMap<string, string>
  /** Why the step fails though its process may not: the first command with a mistake in it. Masked. */
  readonly failed: string | undefined
}

/** The same as JSON. Pairs, as a step may name a value `__proto__`. */
export interface EffectsState {
  readonly env: readonly (readonly [string, string])[]
  readonly path: readonly string[]
  readonly outputs: readonly (readonly [string, string])[]
  readonly state: readonly (readonly [string, string])[]
  readonly failed?: string
  /** Of COMMAND_VALUES_BYTES_MAX. */
  readonly bytes: number
}

/** What a command changes besides the log. */
export type Effect =
  | { readonly kind: 'env' | 'output' | 'state'; readonly name: string; readonly value: string }
  | { readonly kind: 'path'; readonly folder: string }

/** Grows in place: a step may set a hundred thousand outputs. */
export interface Effects extends CommandEffects {
  add(effect: Effect): void
  /** The first time counts. */
  fail(message: string): void
  /** Whether the step may still set this much; if so, it is counted. What is set anew counts again. */
  reserve(texts: readonly string[]): boolean
  toState(): EffectsState
}

/** None so far, or those of an earlier log. */
export function createEffects(resume?: EffectsState): Effects {
  const [env, outputs, state] = [new Map(resume?.env), new Map(resume?.outputs), new Map(resume?.state)]
  const path = new Set(resume?.path)
  let failed = resume?.failed
  let bytes = resume?.bytes ?? 0
  const add = (effect: Effect): void => {
    switch (effect.kind) {
      case 'env':
        env.set(effect.name, effect.value)
        return
      case 'output':
        outputs.set(effect.name, effect.value)
        return
      case 'state':
        state.set(effect.name, effect.value)
        return
      case 'path':
        path.delete(effect.folder)
        path.add(effect.folder)
    }
  }
  return {
    env,
    path,
    outputs,
    state,
    get failed() {
      return failed
    },
    add,
    fail: (message) => {
      failed ??= message
    },
    reserve: (texts) => {
      const more = Buffer.byteLength(JSON.stringify(texts))
      if (bytes + more > COMMAND_VALUES_BYTES_MAX) return false
      bytes += more
      return true
    },
    toState: () => ({
      env: [...env],
      path: [...path],
      outputs: [...outputs],
      state: [...state],
      ...(failed === undefined ? {} : { failed }),
      bytes,
    }),
  }
}
