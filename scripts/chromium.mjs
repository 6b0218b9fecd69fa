/** Finds the Chromium that the browser tests run in, and installs one where that can be done without asking. Needs tsx. */
import {spawnSync} from 'node:child_process';
import {existsSync} from 'node:fs';
import {findChromium} from '../src/cli/browser/findChromium.ts';

/** libvulkan1 is what Chromium's software WebGPU adapter is loaded through. */
const PACKAGES = ['chromium', 'libvulkan1'];

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
