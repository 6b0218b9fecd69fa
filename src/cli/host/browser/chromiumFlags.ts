/** What headless Chromium is started with: for the command line, the bench and the tests alike. */
import {mayHaveGPU} from '../webgpuInNode.ts';

/** Chromium's sandbox refuses root. */
export function sandboxFlags(): string[] {
  return process.getuid?.() === 0 ? ['--no-sandbox'] : [];
}

/** Chromium leaves WebGPU out where it does not know the driver well, and rounds GPU times to a tenth of a millisecond. */
const WEBGPU = ['--enable-unsafe-webgpu', '--enable-webgpu-developer-features'];
/** Without a display, Linux's GPUs are reached by Vulkan alone. */
const VULKAN = ['--enable-features=Vulkan', '--use-angle=vulkan', '--disable-vulkan-surface'];
const SOFTWARE = ['--use-webgpu-adapter=swiftshader'];

/** Returns what WebGPU needs: on the machine's GPU where it shows one, else on Chromium's software driver. */
export function webgpuFlags(gpu: boolean = mayHaveGPU()): readonly string[] {
  if (!gpu) return [...WEBGPU, ...SOFTWARE];
  return process.platform === 'linux' ? [...WEBGPU, ...VULKAN] : WEBGPU;
}
