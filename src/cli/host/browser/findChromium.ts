/** Where the browser is: for the command line, the bench and the tests alike. */
import {accessSync, constants, statSync} from 'node:fs';
import {delimiter, join} from 'node:path';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];

/** Returns the path of Chromium, or undefined: `CHROME_BIN` where it is set, else the first known name on the PATH. */
export function findChromium({CHROME_BIN, PATH = ''}: NodeJS.ProcessEnv = process.env): string | undefined {
  if (CHROME_BIN) return isProgram(CHROME_BIN) ? CHROME_BIN : undefined;
  const folders = PATH.split(delimiter).filter((folder) => folder !== '');
  return folders.flatMap((folder) => NAMES.map((name) => join(folder, name))).find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
