/** Where the command writes: a stream with its size and whether it is a terminal that shows colours. */
export interface Screen {
  write(text: string): void
  readonly isTerminal: boolean
  readonly colour: boolean
  /** Of the terminal, in characters, as it is now; resizing changes them. */
  size(): { readonly columns: number; readonly rows: number }
}

/** Each with its break, in one write; none writes nothing. */
export function writeLines(screen: Screen, lines: readonly string[]): void {
  if (lines.length > 0) screen.write(`${lines.join('\n')}\n`)
}
