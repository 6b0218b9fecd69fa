/**
 * Finds what the tests need of the machine, and installs it where that can be done without asking: the browser engines, and the
 * library that loads Chromium's software WebGPU driver. Needs tsx.
 */
import {spawnSync} from 'node:child_process';
import {existsSync} from 'node:fs';
import {ENGINE_NAMES, ENGINES, missingPackages} from '../engines/engines.ts';
import {findChromium} from '../src/cli/host/browser/findChromium.ts';

/**
 * Returns what each engine's tests lack, as Debian's packages: nothing where they can run. Installs first what is missing where this
 * is root on Debian or Ubuntu, and says which one command to type where it is not.
 *
 * @returns {Readonly<Record<import('../engines/engines.ts').EngineName, readonly string[]>>}
 */
export function findOrInstallEngines() {
  const {CHROME_BIN} = process.env;
  const wrong = CHROME_BIN && findChromium() === undefined;
  if (wrong) console.error(`CHROME_BIN: must be a program, got ${CHROME_BIN}; set it to a Chromium, or unset it.`);
  if (!wrong && missing().length > 0 && canInstall()) install(missing());
  if (missing().length > 0) console.error(advice(missing()));
  return Object.fromEntries(ENGINE_NAMES.map((name) => [name, missingPackages(name)]));
}

function missing() {
  return [...ENGINE_NAMES.flatMap(missingPackages), ...(hasVulkanLoader() ? [] : ['libvulkan1'])];
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
  const titles = ENGINE_NAMES.map((name) => ENGINES[name].title).join(', ');
  return `The tests need ${titles}, and the Vulkan loader; missing here, by Debian's names: ${packages.join(', ')}; ${how}`;
}
