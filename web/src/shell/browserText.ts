/** Browsers by their names. */

const BROWSERS: readonly (readonly [name: string, version: RegExp])[] = [
  ['Edge', /Edg(?:A|iOS)?\/(\d+)/],
  ['Opera', /OPR\/(\d+)/],
  ['Firefox', /(?:Firefox|FxiOS)\/(\d+)/],
  ['Chromium', /(?:Chrome|Chromium|CriOS)\/(\d+)/],
  ['Safari', /Version\/([\d.]+).*Safari/],
];

/** Returns the browser's name and version; the whole user agent where it is none that we know. */
export function browserText(userAgent: string): string {
  for (const [name, pattern] of BROWSERS) {
    const version = pattern.exec(userAgent)?.[1];
    if (version !== undefined) return `${name} ${version}`;
  }
  return userAgent;
}
