/**
 * Compiles WGSL by the compilers of real GPUs, on a machine that has none: Dawn, which Chrome has, makes SPIR-V, and Mesa's drivers of
 * AMD's and Intel's GPUs compile it on devices that native/layer.c and native/i915.c pretend are there; for NVIDIA's, nvidia.ts goes
 * on to CUDA. Nothing runs.
 */
import {execFile} from 'node:child_process';
import {existsSync, mkdirSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import {basename, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import type {Compiled} from './compiled.ts';
import {type GPU, gpuNamed} from './gpus.ts';
import {compileForNvidia, missingForNvidia} from './nvidia.ts';
import {eachOf, pathOf, run, workgroupSize} from './tools.ts';

const NATIVE = fileURLToPath(new URL('native', import.meta.url));
const BUILT = fileURLToPath(new URL('../../build/gpu', import.meta.url));
const DRIVERS = '/usr/share/vulkan/icd.d';
const LAYER = 'VK_LAYER_block_fusion';

/** Installs on Debian what is missing; CONTRIBUTING.md has the same. */
export const INSTALL =
  'apt-get install -y gcc libvulkan1 libvulkan-dev libdrm-dev mesa-vulkan-drivers spirv-tools spirv-cross && pip install nvidia-cuda-nvcc nvidia-cuda-nvdisasm';

/** Returns what is missing on this machine to compile for a GPU, in words; null where nothing is. */
export async function missingFor(gpu: GPU): Promise<string | null> {
  const tools = ['gcc', 'spirv-dis', 'spirv-opt', ...(gpu.vendor === 'nvidia' ? ['spirv-cross'] : [])];
  for (const tool of tools) if ((await pathOf(tool)) === null) return tool;
  const driver = driverOf(gpu);
  if (!existsSync(driver)) return `${driver} (of mesa-vulkan-drivers)`;
  return gpu.vendor === 'nvidia' ? missingForNvidia() : null;
}

/** For NVIDIA's only Dawn's SPIR-V is wanted, which is much alike for every driver. */
function driverOf(gpu: GPU): string {
  return join(DRIVERS, gpu.vendor === 'intel' ? 'intel_icd.x86_64.json' : 'radeon_icd.x86_64.json');
}

/**
 * Returns what the GPU's compiler makes of each WGSL file, by the files' names without ending. `folder`, which must be there, keeps SPIR-V,
 * assembly and statistics.
 * Throws: what a compiler that fails says.
 */
export async function compileFor(gpu: GPU, files: readonly string[], folder: string): Promise<Map<string, Compiled>> {
  await makePipelines(gpu.vendor === 'nvidia' ? gpuNamed('rdna2') : gpu, files, folder);
  const compile = gpu.vendor === 'nvidia' ? compileForNvidia : readPipeline;
  const compiled = await eachOf(files, COMPILERS, async (file): Promise<[string, Compiled]> => {
    const name = basename(file, '.wgsl');
    return [name, await compile(gpu, join(folder, `${name}.spv`))];
  });
  return new Map(compiled);
}

/** At a time. */
const COMPILERS = 2;

async function makePipelines(gpu: GPU, files: readonly string[], folder: string): Promise<void> {
  const driver = driverOf(gpu);
  const {stdout} = await promisify(execFile)(process.execPath, [join(NATIVE, 'dawn.mjs'), ...files], {
    maxBuffer: 2 ** 26,
    env: {
      XDG_RUNTIME_DIR: '/tmp',
      ...process.env,
      BLOCK_FUSION_OUT: folder,
      VK_INSTANCE_LAYERS: LAYER,
      VK_LAYER_PATH: await layerFolder(),
      VK_ICD_FILENAMES: driver,
      VK_DRIVER_FILES: driver,
      ...(gpu.vendor === 'amd' ? {RADV_FORCE_FAMILY: gpu.target} : {LD_PRELOAD: await library('i915')}),
      ...(gpu.wave === undefined ? {} : {BLOCK_FUSION_WAVE: String(gpu.wave)}),
    },
  });
  const [failure] = stdout.split('\n').filter((line) => line.startsWith('{'));
  if (failure === undefined) return;
  const {file, message} = JSON.parse(failure) as {file: string; message: string};
  throw new Error(`${basename(file)} for ${gpu.name}: ${message}`);
}

async function layerFolder(): Promise<string> {
  const path = await library('layer');
  const manifest = {
    file_format_version: '1.1.2',
    layer: {
      ...{name: LAYER, type: 'GLOBAL', library_path: path, api_version: '1.3.0', implementation_version: '1'},
      description: 'statistics and assembly of pipelines',
    },
  };
  writeFileSync(join(BUILT, 'layer.json'), JSON.stringify(manifest));
  return BUILT;
}

/** Returns the path of a library of native/, compiled where it is not yet or no longer. */
async function library(name: 'layer' | 'i915'): Promise<string> {
  const source = join(NATIVE, `${name}.c`);
  const path = join(BUILT, `lib${name}.so`);
  if (existsSync(path) && statSync(path).mtimeMs > statSync(source).mtimeMs) return path;
  mkdirSync(BUILT, {recursive: true});
  await run('gcc', '-O1', '-fPIC', '-shared', '-fvisibility=default', source, '-o', path);
  return path;
}

/** Hardware threads of an Intel EU, each with all of its registers, used or not. */
const EU_THREADS = 7;
const EU_REGISTER_BYTES = 128 * 32;

async function readPipeline(gpu: GPU, spirv: string): Promise<Compiled> {
  const statistics = new Map(
    readFileSync(spirv.replace(/\.spv$/, '.txt'), 'utf8')
      .split('\n')
      .map((line) => line.split('\t') as [string, string]),
  );
  const number = (key: string): number => Number(statistics.get(key));
  const threads = await workgroupSize(spirv);
  const wave = number('subgroup');
  const isAmd = gpu.vendor === 'amd';
  const workgroupBytes = number(isAmd ? 'LDS size' : 'Workgroup Memory Size');
  const byMemory =
    (Math.floor(gpu.workgroupBytes / Math.max(1, workgroupBytes)) * Math.ceil(threads / wave)) / gpu.simds;
  return {
    assembly: readFileSync(spirv.replace(/\.spv$/, '.asm'), 'latin1'),
    ...{threads, wave, workgroupBytes},
    registers: isAmd ? number('VGPRs') : EU_REGISTER_BYTES / (4 * wave),
    spills: isAmd ? number('Spilled VGPRs') : number('Spill Count') + number('Fill Count'),
    stackBytes: number(isAmd ? 'Scratch size' : 'Scratch Memory Size'),
    resident: Math.min(isAmd ? number('Subgroups per SIMD') : EU_THREADS, byMemory),
  };
}
