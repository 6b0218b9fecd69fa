/**
 * Jest's Node environment with WebGPU in it; a test file asks for it by `@jest-environment ./test/webgpuEnvironment.ts`. Dawn
 * is loaded out here, once a process: it is an ES module, which tests cannot load, and its native half outlives each of them.
 */
import {TestEnvironment} from 'jest-environment-node';
import {startWebGPUInNode} from '../src/cli/webgpuInNode.ts';

export default class WebGPUEnvironment extends TestEnvironment {
  override async setup(): Promise<void> {
    await super.setup();
    try {
      await startWebGPUInNode(this.global);
    } catch (error) {
      if (process.env['REQUIRE_WEBGPU'] === '1') throw error;
      this.global['WEBGPU_MISSING'] = (error as Error).message;
    }
  }
}
