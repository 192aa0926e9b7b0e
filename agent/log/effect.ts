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
}

export type Effect =
  | { readonly kind: 'env' | 'output' | 'state'; readonly name: string; readonly value: string }
  | { readonly kind: 'path'; readonly folder: string }
  | { readonly kind: 'failed'; readonly message: string }

/** Grows in place: a step may set a hundred thousand outputs. */
export interface Effects extends CommandEffects {
  add(effect: Effect): void
  toState(): EffectsState
}

export function createEffects(resume?: EffectsState): Effects {
  const [env, outputs, state] = [new Map(resume?.env), new Map(resume?.outputs), new Map(resume?.state)]
  const path = new Set(resume?.path)
  let failed = resume?.failed
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
        return
      case 'failed':
        failed ??= effect.message
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
    toState: () => ({
      env: [...env],
      path: [...path],
      outputs: [...outputs],
      state: [...state],
      ...(failed === undefined ? {} : { failed }),
    }),
  }
}
