/** What computes behind WebGPU. */

/** What computes behind WebGPU, as far as a browser tells. */
export interface Adapter {
  /** Vendor, architecture and description. */
  readonly name: string;
  /** Whether a CPU does the GPU's work: such times say nothing about a GPU. */
  readonly software: boolean;
}

/** What is read of WebGPU's GPUAdapterInfo. */
export interface AdapterInfo {
  /** As in 'nvidia'. */
  readonly vendor?: string;
  /** As in 'ampere'. */
  readonly architecture?: string;
  /** The driver's words. */
  readonly description?: string;
  /** Whether a CPU does its work. */
  readonly isFallbackAdapter?: boolean;
}

const SOFTWARE = /swiftshader|llvmpipe|lavapipe/i;

/** Returns the adapter that the browser tells so much about. */
export function describeAdapter({vendor, architecture, description, isFallbackAdapter}: AdapterInfo): Adapter {
  const name = [vendor, architecture, description].filter((part) => part !== undefined && part !== '').join(' ');
  return {name: name || 'unnamed adapter', software: isFallbackAdapter === true || SOFTWARE.test(name)};
}

/** What stands behind a software adapter's name. */
const SOFTWARE_WARNING = 'software: its times say nothing about a GPU';

/** Returns the adapter's name, with a warning where it is no GPU. */
export function adapterText({name, software}: Adapter): string {
  return software ? `${name} (${SOFTWARE_WARNING})` : name;
}
