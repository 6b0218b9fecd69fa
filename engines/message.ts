/** The messages between a page and its server: JSON, with the numbers that JSON has no words for. */

export function encode(message: unknown): string {
  return JSON.stringify(message, (_, value: unknown) =>
    typeof value === 'number' && !Number.isFinite(value) ? {notFinite: String(value)} : value,
  );
}

export function decode(text: string): unknown {
  return JSON.parse(text, (_, value: unknown) =>
    typeof value === 'object' && value !== null && 'notFinite' in value ? Number(value.notFinite) : value,
  );
}
