import {blockSpec} from '../../ops/block.ts';
import {paramsLayout} from '../../ops/params.ts';
import {checkInputs, requireFloat32, requireFloatParams} from '../../ops/validate.ts';
import {CONV_FIRST} from '../helpers/blockCases.ts';

const spec = blockSpec(CONV_FIRST);
const {length} = paramsLayout(spec);
const x = {shape: [2, 9, 7, 16], dtype: 'float32'};

describe('checkInputs', () => {
  it('tells by their dtype what params are in', () => {
    expect(checkInputs(spec, x, {shape: [length], dtype: 'float32'})).toMatchObject({
      size: {batch: 2, height: 9, width: 7},
      geometry: {outHeight: 9, outWidth: 7},
      precision: 'float32',
    });
    expect(checkInputs(spec, x, {shape: [length / 2], dtype: 'int32'}).precision).toBe('float16');
  });

  it.each([
    [{shape: [length], dtype: 'int32'}, `an int32 vector of length ${length / 2}, got int32 [${length}]`],
    [{shape: [length / 2], dtype: 'float32'}, `a float32 vector of length ${length}, got float32 [${length / 2}]`],
    [{shape: [length], dtype: 'bool'}, `a float32 vector of length ${length}, got bool [${length}]`],
    [{shape: [1, length / 2], dtype: 'int32'}, `an int32 vector of length ${length / 2}, got int32 [1,`],
  ])('refuses params %j', (params, message) => {
    expect(() => checkInputs(spec, x, params)).toThrow(`params must be ${message}`);
  });
});

describe('requireFloat32', () => {
  it('names the backend, and what to do', () => {
    expect(() => {
      requireFloat32('float16', 'cpu');
    }).toThrow(
      "FusedResidualBlock on cpu: params must be float32: only backend 'webgpu' reads float16 pairs, got int32; " +
        "load the model by loadFusedGraphModel without precision: 'float16'",
    );
    expect(() => {
      requireFloat32('float32', 'cpu');
    }).not.toThrow();
  });
});

describe('requireFloatParams', () => {
  it('returns the params, but for float16 pairs', () => {
    const params = {shape: [8], dtype: 'float32'};
    expect(requireFloatParams(params, 'wasm')).toBe(params);
    expect(() => requireFloatParams({...params, dtype: 'int32'}, 'wasm')).toThrow(
      "FusedResidualBlock on wasm: params must be float32: only backend 'webgpu' reads float16 pairs, got int32",
    );
  });
});
