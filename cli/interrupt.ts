/** What asks the command to end: signals, and a reader that went away. */

export interface Interrupt {
  /** End in order: cancel the run, let its `always()` steps run, clean up. First SIGINT or SIGTERM. */
  readonly cancel: AbortSignal
  /** End now, and still leave no process behind. A second signal; SIGHUP, or stdout closed: then nobody is there to wait. */
  readonly stop: AbortSignal
}

/** Listens from now on: without a listener, Node dies at the signal and cleans nothing up. */
export function watchInterrupts(stdout: NodeJS.WriteStream, stderr: NodeJS.WriteStream): Interrupt {
  const cancel = new AbortController()
  const stop = new AbortController()
  const stopNow = (): void => {
    cancel.abort()
    stop.abort()
  }
  const ask = (): void => (cancel.signal.aborted ? stopNow() : cancel.abort())
  process.on('SIGINT', ask)
  process.on('SIGTERM', ask)
  process.on('SIGHUP', stopNow)
  // EPIPE, or a terminal that is gone. What is written after it goes nowhere.
  stdout.on('error', stopNow)
  stderr.on('error', stopNow)
  return { cancel: cancel.signal, stop: stop.signal }
}
