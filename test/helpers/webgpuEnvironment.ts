/**
 * Jest's Node environment with WebGPU in it; a test file asks for it by `@jest-environment ./test/helpers/webgpuEnvironment.ts`. Dawn
 * is loaded out here, once a process: it is an ES module, which tests cannot load, and its native half outlives each of them.
 */
import {TestEnvironment} from 'jest-environment-node';
import {startWebGPUInNode} from '../../src/cli/host/webgpuInNode.ts';

/**
 * Shaders as they are, without the clamps and zeros that Dawn puts in: a read outside a buffer is not hidden, nor one of workgroup
 * memory that nobody wrote, and SwiftShader compiles them in a fifth of the time. The browser's tests run with both.
 */
const DAWN_OPTIONS = ['enable-dawn-features=disable_robustness,disable_workgroup_init'];

export default class WebGPUEnvironment extends TestEnvironment {
  override async setup(): Promise<void> {
    await super.setup();
    try {
      await startWebGPUInNode(this.global, DAWN_OPTIONS);
      this.global['WEBGPU_FEATURES'] = await this.adapterFeatures();
    } catch (error) {
      if (process.env['REQUIRE_WEBGPU'] === '1') throw error;
      this.global['WEBGPU_MISSING'] = (error as Error).message;
    }
  }

  private async adapterFeatures(): Promise<string[]> {
    const adapter = await (this.global as unknown as Window).navigator.gpu.requestAdapter();
    return [...adapter!.features];
  }
}
