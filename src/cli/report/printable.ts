/**
 * Names as a terminal may print them. Those of a model come from whoever made it, and may hold what moves the cursor, writes the
 * clipboard or reverses the text.
 */

/** Control characters, and those that turn the direction of text: each one UTF-16 unit. */
export const UNPRINTABLE = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** Returns the text with what is not printable spelled out, as \u{1b}. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (unit) => `\\u{${unit.charCodeAt(0).toString(16)}}`);
}

/** Returns a report with every text in it printable: a line break in a name would begin a line that looks like one of the report's own. */
export function printableReport<T>(report: T): T {
  if (typeof report === 'string') return printable(report) as T;
  if (typeof report !== 'object' || report === null || ArrayBuffer.isView(report)) return report;
  if (Array.isArray(report)) return report.map(printableReport) as T;
  return Object.fromEntries(
    Object.entries(report).map(([key, value]) => [printable(key), printableReport(value)]),
  ) as T;
}
