/** What every other test on WebGPU takes for granted: stock tfjs computes right on it. One body for Node and for Chromium. */
import {ALL_TFJS as tf} from '../../src/run/allTfjs.ts';
import {adapterOf} from '../../src/run/gpu.ts';
import {expectClose} from '../helpers/closeness.ts';
import {randomFloats} from '../helpers/random.ts';
import {describeWebGPU} from '../helpers/webgpu.ts';

export function webgpuSuite(): void {
  describeWebGPU('stock tfjs on webgpu', () => {
    it('has an adapter with a name', () => {
      const {name} = adapterOf();
      console.info(`WebGPU is ${name}`);
      expect(name).not.toBe('unnamed adapter');
    });

    it('multiplies matrices', async () => {
      const [rows, depth, columns] = [33, 37, 41];
      const a = randomFloats(rows * depth, {seed: 1});
      const b = randomFloats(depth * columns, {seed: 2});
      const factors = [tf.tensor2d(a, [rows, depth]), tf.tensor2d(b, [depth, columns])] as const;
      const product = tf.matMul(...factors);
      expect(tf.getBackend()).toBe('webgpu');
      expectClose(await product.data(), productOf(a, b, {rows, depth, columns}), 1e-5);
      tf.dispose([...factors, product]);
    });
  });
}

function productOf(
  a: Float32Array,
  b: Float32Array,
  {rows, depth, columns}: Record<'rows' | 'depth' | 'columns', number>,
): number[] {
  const values: number[] = [];
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      for (let k = 0; k < depth; k++) sum += a[row * depth + k]! * b[k * columns + column]!;
      values.push(sum);
    }
  return values;
}
