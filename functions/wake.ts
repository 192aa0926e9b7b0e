/**
 * "Something of this run may have changed": what lets a viewer answer at once without asking the store again and again. A wake is a hint, never
 * a fact: who is woken looks in the store, and who is not woken looks there too, at the end of its wait.
 */
import { type Clock, pause } from '../shared/clock.ts'

/** What changed: everything may have, or these streams of the run only (`facts` is the name of the run's facts). */
export type Change = { readonly kind: 'anything' } | { readonly kind: 'streams'; readonly names: ReadonlySet<string> }

/** What moved in a run besides its event streams. */
export const FACTS = 'facts'

/** Never waits and never fails; a wake that gets lost costs a viewer one look's time. */
export interface Wake {
  /** Watches from now on: what is notified between two waits is not lost. */
  watch(run: number): Watch
  notify(run: number, stream: string): void
}

/** One viewer's watch of one run; closed by the viewer. */
export interface Watch {
  /** Resolves with what was notified since the last call, after `ms` at the latest. Rejects with the signal's reason. */
  changed(ms: number, signal: AbortSignal): Promise<Change>
  close(): void
}

/** For one process: whoever writes a fact notifies those who watch, in memory. */
export function createMemoryWake(clock: Clock): Wake {
  const watches = new Map<number, Set<MemoryWatch>>()
  return {
    watch(run) {
      const of = watches.get(run) ?? new Set()
      watches.set(run, of)
      const watch = new MemoryWatch(clock, () => {
        of.delete(watch)
        if (of.size === 0 && watches.get(run) === of) watches.delete(run)
      })
      of.add(watch)
      return watch
    },
    notify(run, stream) {
      for (const watch of watches.get(run) ?? []) watch.notify(stream)
    },
  }
}

class MemoryWatch implements Watch {
  readonly #clock: Clock
  readonly #onClose: () => void
  #names = new Set<string>()
  #ring: (() => void) | undefined

  constructor(clock: Clock, onClose: () => void) {
    this.#clock = clock
    this.#onClose = onClose
  }

  notify(stream: string): void {
    this.#names.add(stream)
    this.#ring?.()
  }

  async changed(ms: number, signal: AbortSignal): Promise<Change> {
    signal.throwIfAborted()
    if (this.#names.size === 0 && !(await this.#wait(ms, signal))) return { kind: 'anything' }
    const names = this.#names
    this.#names = new Set()
    return { kind: 'streams', names }
  }

  /** False when the time was over first. */
  async #wait(ms: number, signal: AbortSignal): Promise<boolean> {
    const over = new AbortController()
    const rung = new Promise<boolean>((resolve) => {
      this.#ring = () => resolve(true)
    })
    const slept = pause(this.#clock, ms, AbortSignal.any([over.signal, signal])).then(() => false)
    const woken = await Promise.race([rung, slept])
    this.#ring = undefined
    over.abort()
    signal.throwIfAborted()
    return woken
  }

  close(): void {
    this.#onClose()
  }
}
