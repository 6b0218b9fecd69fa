/**
 * Finds what the tests need of the machine, and installs it where that can be done without asking: Chromium, for the browser
 * tests and for its software WebGPU driver, and the library that loads this driver. Needs tsx.
 */
import {spawnSync} from 'node:child_process';
import {existsSync} from 'node:fs';
import {findChromium} from '../src/cli/host/browser/findChromium.ts';

/** Debian's packages, and whether what they bring is there. */
const PACKAGES = {
  chromium: () => findChromium() !== undefined,
  libvulkan1: hasVulkanLoader,
};

/**
 * Returns the path of Chromium; installs first what is missing where this is root on Debian or Ubuntu. Says which one command
 * to type where it is not, and returns undefined where that leaves no Chromium.
 *
 * @returns {string | undefined}
 */
export function findOrInstallChromium() {
  const {CHROME_BIN} = process.env;
  if (CHROME_BIN && findChromium() === undefined) {
    console.error(`CHROME_BIN: must be a program, got ${CHROME_BIN}; set it to a Chromium, or unset it.`);
    return undefined;
  }
  if (missing().length > 0 && canInstall()) install(missing());
  if (missing().length > 0) console.error(advice(missing()));
  return findChromium();
}

function missing() {
  return Object.keys(PACKAGES).filter((name) => !PACKAGES[name]());
}

function hasVulkanLoader() {
  if (!existsSync('/sbin/ldconfig')) return true; // not a Linux that can be asked
  return spawnSync('/sbin/ldconfig', ['-p'], {encoding: 'utf8'}).stdout.includes('libvulkan.so.1');
}

function hasApt() {
  return existsSync('/etc/debian_version') && existsSync('/usr/bin/apt-get');
}

function canInstall() {
  return hasApt() && process.getuid?.() === 0;
}

function install(packages) {
  console.log(`The tests need ${packages.join(' and ')}: installing (apt-get install -y ${packages.join(' ')}).`);
  const options = {stdio: 'inherit', env: {...process.env, DEBIAN_FRONTEND: 'noninteractive'}};
  spawnSync('apt-get', ['update'], options);
  spawnSync('apt-get', ['install', '-y', '--no-install-recommends', ...packages], options);
}

function advice(packages) {
  const how = hasApt()
    ? `type: sudo apt-get update && sudo apt-get install -y ${packages.join(' ')}`
    : 'install Chromium or Google Chrome, type: export CHROME_BIN=/path/to/it, and install the Vulkan loader';
  return `The tests need Chromium, on the PATH or in CHROME_BIN, and the Vulkan loader; missing here: ${packages.join(', ')}; ${how}`;
}
