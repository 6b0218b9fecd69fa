/**
 * Jest's Node environment with WebGPU that computes nothing: Dawn's null backend. Its adapter has every feature, shader-f16 too,
 * and Dawn checks shaders and commands as for any other: what no device at hand can run is at least held to that. Needs no
 * driver. A test file asks for it by `@jest-environment ./test/helpers/nullWebGPUEnvironment.ts`.
 */
import {TestEnvironment} from 'jest-environment-node';

/** What is used of the npm package `webgpu`. Its name is no literal: its types are of another version of WebGPU than tfjs's. */
interface Dawn {
  readonly create: (options: readonly string[]) => object;
  readonly globals: object;
}
const PACKAGE: string = 'webgpu';

export default class NullWebGPUEnvironment extends TestEnvironment {
  override async setup(): Promise<void> {
    await super.setup();
    const {create, globals} = (await import(PACKAGE)) as Dawn;
    const gpu = create(['backend=null']);
    Object.assign(this.global, globals);
    Object.defineProperty(this.global, 'navigator', {value: {gpu}, configurable: true});
  }
}
