/** A span of time as a person reads it: `0.4s`, `12s`, `3m 05s`, `1h 02m`. Undefined ends and negative spans (clocks that differ) read as nothing. */
export function durationText(fromMs: number | undefined, toMs: number | undefined): string {
  if (fromMs === undefined || toMs === undefined || toMs < fromMs) return ''
  const seconds = (toMs - fromMs) / 1000
  if (seconds < 9.95) return `${seconds.toFixed(1)}s`
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole}s`
  const minutes = Math.floor(whole / 60)
  if (minutes < 60) return `${minutes}m ${pad(whole % 60)}s`
  return `${Math.floor(minutes / 60)}h ${pad(minutes % 60)}m`
}

function pad(count: number): string {
  return String(count).padStart(2, '0')
}
