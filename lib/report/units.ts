/** Bytes, times and counts as people read them. Never used for machines: NDJSON carries plain numbers with the unit in the name. */

const BYTE_UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"] as const;

/** `0 B`, `512 B`, `1.5 KiB`, `12.0 MiB`, `103 GiB`: three digits at least from KiB on, never more than 1023 of a unit. */
export function formatBytes(bytes: number): string {
  const shown = (value: number, unit: number) => unit === 0 ? Math.round(value).toString() : value.toFixed(value < 99.95 ? 1 : 0);
  let value = bytes;
  let unit = 0;
  while (unit < BYTE_UNITS.length - 1 && (unit === 0 ? value : Number(shown(value, unit))) >= 1024) {
    value /= 1024;
    unit += 1;
  }
  return `${shown(value, unit)} ${BYTE_UNITS[unit]}`;
}

/** Bytes per second over a time; `-` when no time has passed. */
export function formatRate(bytes: number, elapsedMs: number): string {
  return elapsedMs <= 0 ? "-" : `${formatBytes(bytes * 1000 / elapsedMs)}/s`;
}

/** `0.4 s`, `59 s`, `2m05s`, `3h07m`, `4d02h`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 9950) return `${(milliseconds / 1000).toFixed(1)} s`;
  const two = (value: number) => String(value).padStart(2, "0");
  const seconds = Math.round(milliseconds / 1000);
  const [minutes, hours] = [Math.floor(seconds / 60), Math.floor(seconds / 3600)];
  if (seconds < 60) return `${seconds} s`;
  if (minutes < 60) return `${minutes}m${two(seconds % 60)}s`;
  return hours < 24 ? `${hours}h${two(minutes % 60)}m` : `${Math.floor(hours / 24)}d${two(hours % 24)}h`;
}

/** `1,234,567`. */
export function formatCount(count: number): string {
  return count.toLocaleString("en-US");
}

/** `1 object`, `2,000 objects`. */
export function countOf(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;
}
