/** Throws a RangeError unless `number` is a whole number from `from` to `to`. */
export function assertInRange(number, from, to) {
  if (!Number.isInteger(number) || number < from || number > to) {
    throw new RangeError(`${number} is not a whole number from ${from} to ${to}`)
  }
}
