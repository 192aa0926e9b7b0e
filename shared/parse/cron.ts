/** The time plans of `on.schedule`. Source: GitHub's documentation, "schedule" (POSIX cron, five fields). */

interface Field {
  readonly min: number
  readonly max: number
  /** What may be written instead of a number, from `min` on. */
  readonly names: readonly string[]
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
const FIELDS: readonly Field[] = [
  { min: 0, max: 59, names: [] },
  { min: 0, max: 23, names: [] },
  { min: 1, max: 31, names: [] },
  { min: 1, max: 12, names: MONTHS },
  { min: 0, max: 6, names: DAYS },
]

/** Whether it has five fields of GitHub's POSIX cron; whether such a time ever comes is not looked at. */
export function isCron(text: string): boolean {
  const fields = text.trim().split(/\s+/)
  return fields.length === FIELDS.length && FIELDS.every((field, index) => isField(fields[index] ?? '', field))
}

function isField(text: string, field: Field): boolean {
  return text.split(',').every((part) => {
    const [, from, to, step] = /^(\*|\w+)(?:-(\w+))?(?:\/(\d+))?$/.exec(part) ?? []
    if (from === undefined || (step !== undefined && !(Number(step) > 0))) return false
    if (from === '*') return to === undefined
    const first = numberOf(from, field)
    const last = to === undefined ? first : numberOf(to, field)
    return first !== undefined && last !== undefined && first <= last
  })
}

function numberOf(text: string, field: Field): number | undefined {
  const named = field.names.indexOf(text.toLowerCase())
  const number = named >= 0 ? field.min + named : /^\d+$/.test(text) ? Number(text) : undefined
  return number !== undefined && number >= field.min && number <= field.max ? number : undefined
}
