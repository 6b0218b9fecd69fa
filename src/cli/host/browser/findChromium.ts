/** Where Chromium and other programs are: for the command line, the bench and the tests alike. */
import {accessSync, constants, statSync} from 'node:fs';
import {delimiter, join} from 'node:path';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];

/** Returns the path of Chromium, or undefined: `CHROME_BIN` where it is set, else the first known name on the PATH. */
export function findChromium({CHROME_BIN, PATH = ''}: NodeJS.ProcessEnv = process.env): string | undefined {
  if (CHROME_BIN) return isProgram(CHROME_BIN) ? CHROME_BIN : undefined;
  return findProgram(NAMES, PATH);
}

/** Returns the path of the first of these programs that is on the PATH, or undefined. */
export function findProgram(names: readonly string[], PATH = process.env['PATH'] ?? ''): string | undefined {
  const folders = PATH.split(delimiter).filter((folder) => folder !== '');
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
