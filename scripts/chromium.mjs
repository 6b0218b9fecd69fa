/** Finds the Chromium that the browser tests run in, and installs one where that can be done without asking. */
import {spawnSync} from 'node:child_process';
import {accessSync, constants, existsSync, statSync} from 'node:fs';
import {delimiter, join} from 'node:path';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
/** libvulkan1 is what Chromium's software WebGPU adapter is loaded through. */
const PACKAGES = ['chromium', 'libvulkan1'];

/**
 * Returns the path of Chromium, or undefined: `CHROME_BIN` where it is set, else the first known name on the PATH.
 *
 * @returns {string | undefined}
 */
export function findChromium(env = process.env) {
  if (env.CHROME_BIN) return isProgram(env.CHROME_BIN) ? env.CHROME_BIN : undefined;
  const folders = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find(isProgram);
}

/**
 * Returns the path of Chromium; installs it first where there is none and this is root on Debian or Ubuntu. Returns
 * undefined, and says which one command to type, where that is not so.
 *
 * @returns {string | undefined}
 */
export function findOrInstallChromium() {
  const found = findChromium();
  if (found !== undefined) return found;
  if (process.env.CHROME_BIN) {
    console.error(`CHROME_BIN: must be a program, got ${process.env.CHROME_BIN}; set it to a Chromium, or unset it.`);
    return undefined;
  }
  if (canInstall()) install();
  const installed = findChromium();
  if (installed === undefined) console.error(advice());
  return installed;
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function hasApt() {
  return existsSync('/etc/debian_version') && existsSync('/usr/bin/apt-get');
}

function canInstall() {
  return hasApt() && process.getuid?.() === 0;
}

function install() {
  console.log(`There is no Chromium: installing it (apt-get install -y ${PACKAGES.join(' ')}).`);
  const options = {stdio: 'inherit', env: {...process.env, DEBIAN_FRONTEND: 'noninteractive'}};
  spawnSync('apt-get', ['update'], options);
  spawnSync('apt-get', ['install', '-y', '--no-install-recommends', ...PACKAGES], options);
}

function advice() {
  const how = hasApt()
    ? `type: sudo apt-get update && sudo apt-get install -y ${PACKAGES.join(' ')}`
    : 'install Chromium or Google Chrome, and type: export CHROME_BIN=/path/to/it';
  return `The browser tests need Chromium, and there is none on the PATH or in CHROME_BIN; ${how}`;
}
