/**
 * Milliseconds since 1970 → `2026-01-02T03:04:05.1230000Z`: UTC with seven digits, as every line of a GitHub log begins.
 * Throws RangeError outside the years a Date can hold. Source: actions/runner PagingLogger (.NET format "O").
 */
export function formatTimestamp(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, -1)}0000Z`
}
