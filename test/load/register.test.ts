import '@tensorflow/tfjs-backend-cpu';
import * as converter from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';
import {FUSED_RESIDUAL_BLOCK} from '../../ops/attrs.ts';
import {registerBlockFusion} from '../../src/load/register.ts';
import {VERSION} from '../../src/version.ts';
import manifest from '../../package.json';

const MARK = Symbol.for('tfjs-block-fusion');
const kernelHere = (): tf.KernelConfig | undefined => tf.getKernel(FUSED_RESIDUAL_BLOCK, 'wasm');

/** What another copy of the package, or somebody else, would have left. */
function forget(): void {
  if (kernelHere() !== undefined) tf.unregisterKernel(FUSED_RESIDUAL_BLOCK, 'wasm');
  if ((tf.getGradient(FUSED_RESIDUAL_BLOCK) as unknown) !== undefined) tf.unregisterGradient(FUSED_RESIDUAL_BLOCK);
  converter.deregisterOp(FUSED_RESIDUAL_BLOCK);
  Reflect.deleteProperty(converter.registerOp, MARK);
}

beforeAll(() => tf.setBackend('cpu'));
beforeEach(forget);

describe('registerBlockFusion', () => {
  it('registers nothing when it is imported', () => {
    expect(kernelHere()).toBeUndefined();
  });

  it('does nothing the second time, nor from a second copy of the same version', () => {
    const warned = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
    registerBlockFusion();
    const kernel = kernelHere();
    registerBlockFusion();
    jest.isolateModules(() => {
      // eslint-disable-next-line @typescript-eslint/no-require-imports -- a second copy of the package's own modules
      const second = require('../../src/load/register.ts') as typeof import('../../src/load/register.ts');
      expect(second.registerBlockFusion).not.toBe(registerBlockFusion);
      second.registerBlockFusion({tf: {...tf, ...converter}});
    });
    expect(kernelHere()).toBe(kernel);
    expect(warned.mock.calls.flat().join()).not.toMatch(/already registered/);
    warned.mockRestore();
  });

  it.each([
    ['another version', '9.9.9', 'version 9.9.9'],
    ['somebody else', undefined, 'one that is not of this package'],
  ])("refuses %s's kernel", (_, version, got) => {
    const kernelFunc = Object.assign(() => [], {[MARK]: version});
    tf.registerKernel({kernelName: FUSED_RESIDUAL_BLOCK, backendName: 'wasm', kernelFunc});
    expect(() => {
      registerBlockFusion();
    }).toThrow(`kernel of backend 'wasm' 'FusedResidualBlock' must be free or of version ${VERSION}, got ${got}`);
  });

  it("refuses somebody else's graph op", () => {
    converter.registerOp(FUSED_RESIDUAL_BLOCK, () => tf.scalar(0));
    expect(() => {
      registerBlockFusion();
    }).toThrow("graph op 'FusedResidualBlock' must be free");
  });
});

it('the version is that of package.json', () => {
  expect(VERSION).toBe(manifest.version);
});
