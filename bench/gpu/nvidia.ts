/**
 * From the SPIR-V of a compute shader to NVIDIA's assembly: spirv-cross writes it as Metal's C++, which cudaText.ts makes CUDA; nvcc
 * compiles it, and nvdisasm takes it apart. NVIDIA's own Vulkan compiler is another: what it unrolls and schedules may differ.
 */
import {existsSync, readdirSync, writeFileSync} from 'node:fs';
import {basename, dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {getOrMake} from '../../ops/getOrMake.ts';
import type {Compiled} from './compiled.ts';
import type {GPU} from './gpus.ts';
import {cudaText} from './cudaText.ts';
import {pathOf, run, workgroupSides} from './tools.ts';

const NATIVE = fileURLToPath(new URL('native', import.meta.url));

/** Returns which of CUDA's programs is missing; null where none is. */
export async function missingForNvidia(): Promise<string | null> {
  for (const name of ['nvcc', 'nvdisasm'] as const) if ((await cudaProgram(name)) === null) return name;
  return null;
}

type CudaProgram = 'nvcc' | 'nvdisasm';

const found = new Map<CudaProgram, Promise<string | null>>();

/** Returns the path of a program, which is looked for once. */
function cudaProgram(name: CudaProgram): Promise<string | null> {
  return getOrMake(found, name, () => findProgram(name));
}

/** On the PATH, or where pip's packages put it. */
async function findProgram(name: CudaProgram): Promise<string | null> {
  const onPath = await pathOf(name);
  if (onPath !== null) return onPath;
  const folders = await run('python3', '-c', 'import sys; print("\\n".join(sys.path))').catch(() => '');
  for (const folder of folders.split('\n').filter((each) => existsSync(join(each, 'nvidia'))))
    for (const version of readdirSync(join(folder, 'nvidia'))) {
      const path = join(folder, 'nvidia', version, 'bin', name);
      if (existsSync(path)) return path;
    }
  return null;
}

/** Limits of an SM of compute capability 8.6. */
const SM = {registers: 65536, workgroups: 16, waves: 48, registerUnit: 8, ownWorkgroupBytes: 1024};
const WAVE = 32;

/** Returns what nvcc makes of a shader, beside whose SPIR-V it leaves its files. */
export async function compileForNvidia(gpu: GPU, spirv: string): Promise<Compiled> {
  const sides = await workgroupSides(spirv);
  const msl = await run('spirv-cross', spirv, '--msl', '--msl-version', '20300');
  const file = (ending: string): string => join(dirname(spirv), `${basename(spirv, '.spv')}.${ending}`);
  writeFileSync(file('cu'), cudaText(msl, sides));
  const [nvcc, nvdisasm] = [(await cudaProgram('nvcc'))!, (await cudaProgram('nvdisasm'))!];
  const flags = [`-arch=${gpu.target}`, '-cubin', '-Xptxas', '-v', '-I', NATIVE, '-diag-suppress', '177,550'];
  const resources = await run(nvcc, ...flags, '-o', file('cubin'), file('cu'));
  const assembly = await run(nvdisasm, '-c', file('cubin'));
  writeFileSync(file('sass'), assembly);

  const number = (pattern: RegExp): number => Number(pattern.exec(resources)?.[1] ?? 0);
  const threads = sides[0] * sides[1] * sides[2];
  const registers = number(/Used (\d+) registers/);
  const workgroupBytes = number(/(\d+) bytes smem/);
  const waves = Math.ceil(threads / WAVE);
  const workgroups = Math.min(
    Math.floor(SM.registers / (Math.ceil(registers / SM.registerUnit) * SM.registerUnit * WAVE * waves)),
    Math.floor(gpu.workgroupBytes / (workgroupBytes + SM.ownWorkgroupBytes)),
    SM.workgroups,
    Math.floor(SM.waves / waves),
  );
  return {
    ...{assembly, threads, wave: WAVE, registers, workgroupBytes},
    spills: number(/(\d+) bytes spill stores/) / 4,
    stackBytes: number(/(\d+) bytes stack frame/),
    resident: (workgroups * waves) / gpu.simds,
  };
}
