/**
 * WebGPU in Node, by Dawn (the npm package `webgpu`): on the machine's GPU where it has one, else on SwiftShader, the software
 * driver that comes with Chromium. For the command line, the bench and the tests alike.
 */
import {existsSync, realpathSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {BlockFusionError} from '../../../ops/errors.ts';
import {findChromium} from './browser/findChromium.ts';

/** What is used of a WebGPU adapter here. */
interface Adapter {
  readonly info: {readonly isFallbackAdapter?: boolean};
}

interface GPU {
  requestAdapter(): Promise<Adapter | null>;
}

/** What is used of the package: options in, `navigator.gpu` out, and the classes and constants that a page has as globals. */
interface Dawn {
  create(options: readonly string[]): GPU;
  readonly globals: object;
}

/** The name is no literal: the package is optional, and its types are of another version of WebGPU than tfjs's. */
const PACKAGE: string = 'webgpu';

/** GPU times as they are: Dawn rounds them to 66 µs, which is longer than many kernels take. */
const DAWN_OPTIONS = ['disable-dawn-features=timestamp_quantization'];

/** Device files of GPUs on Linux: where none is there, the machine's own Vulkan drivers are not tried. */
const GPU_DEVICES = ['/dev/dri', '/dev/nvidiactl', '/dev/dxg'];

/** What the Vulkan loader reads; the second is the older name. */
const DRIVER_VARIABLES = ['VK_DRIVER_FILES', 'VK_ICD_FILENAMES'] as const;

const SWIFTSHADER = 'vk_swiftshader_icd.json';

/** One a process: a second Dawn would be a second set of devices. */
let started: Promise<{gpu: GPU; globals: object}> | undefined;

/**
 * Defines `navigator.gpu` and WebGPU's classes and constants in `scope`, so that tfjs-backend-webgpu can be imported and
 * started: it looks for them when it is imported. Does nothing where there is WebGPU already. The driver is the one that
 * VK_DRIVER_FILES or VK_ICD_FILENAMES names where one is set. The process ends by itself once nothing waits for the GPU.
 * `options`: further ones of Dawn's, which the first caller in a process decides.
 *
 * Throws: `missing-dependency` where the package, or a driver that it can use, is missing.
 */
export async function startWebGPUInNode(scope: object = globalThis, options: readonly string[] = []): Promise<void> {
  const {navigator} = scope as {navigator?: {gpu?: GPU}};
  if (navigator?.gpu !== undefined) return;
  started ??= start([...DAWN_OPTIONS, ...options]);
  const {gpu, globals} = await started;
  Object.assign(scope, globals);
  if (navigator === undefined) Object.defineProperty(scope, 'navigator', {value: {gpu}, configurable: true});
  else Object.defineProperty(navigator, 'gpu', {value: gpu, configurable: true}); // Node 21 has a navigator
}

async function start(options: readonly string[]): Promise<{gpu: GPU; globals: object}> {
  const dawn = await importDawn();
  process.env['XDG_RUNTIME_DIR'] ??= tmpdir(); // drivers complain on stderr without it
  return {gpu: await openGPU(dawn, options), globals: dawn.globals};
}

async function importDawn(): Promise<Dawn> {
  try {
    return (await import(PACKAGE)) as Dawn;
  } catch (cause) {
    throw new BlockFusionError('missing-dependency', {
      where: 'WebGPU in Node',
      must: `the package ${PACKAGE} must be installed`,
      got: cause,
      fix: `type: npm install --save-dev ${PACKAGE}`,
    });
  }
}

/** The loader reads its variables when a GPU is created: so SwiftShader can be put in after the machine's own drivers. */
async function openGPU(dawn: Dawn, options: readonly string[]): Promise<GPU> {
  const isChosen = DRIVER_VARIABLES.some((name) => process.env[name]);
  if (isChosen || mayHaveGPU()) {
    const gpu = dawn.create(options);
    const adapter = await gpu.requestAdapter();
    if (adapter !== null && (isChosen || adapter.info.isFallbackAdapter !== true)) return gpu;
  }
  const driver = isChosen ? undefined : findSwiftShader();
  if (driver !== undefined) {
    for (const name of DRIVER_VARIABLES) process.env[name] = driver;
    const gpu = dawn.create(options);
    if ((await gpu.requestAdapter()) !== null) return gpu;
    for (const name of DRIVER_VARIABLES) Reflect.deleteProperty(process.env, name);
  }
  throw noAdapter(driver);
}

/** Whether the machine shows a GPU; whether a driver runs it is another question. */
export function mayHaveGPU(): boolean {
  return process.platform !== 'linux' || GPU_DEVICES.some((device) => existsSync(device));
}

/** Returns the path of SwiftShader's manifest, or undefined: it lies beside Chromium's program, which may be a script elsewhere. */
export function findSwiftShader(chromium: string | undefined = findChromium()): string | undefined {
  if (chromium === undefined) return undefined;
  const folders = [dirname(realpathSync(chromium)), '/usr/lib/chromium', '/usr/lib/chromium-browser'];
  return folders.map((folder) => join(folder, SWIFTSHADER)).find((path) => existsSync(path));
}

function noAdapter(driver: string | undefined): BlockFusionError {
  const chosen = DRIVER_VARIABLES.map((name) => process.env[name]).find((path) => path);
  const tried = chosen ?? driver;
  return new BlockFusionError('missing-dependency', {
    where: 'WebGPU in Node',
    must: 'there must be a Vulkan driver, of a GPU or the software one of Chromium, and the library libvulkan1 to load it',
    got: tried === undefined ? 'no driver' : `nothing that runs from ${tried}`,
    fix:
      chosen === undefined
        ? 'type: sudo apt-get install -y chromium libvulkan1'
        : `unset ${DRIVER_VARIABLES.join(' and ')}, or name a driver that runs`,
  });
}
