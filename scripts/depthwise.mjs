/**
 * Writes the micro-kernels of depthwise convs whose window is known: AssemblyScript has no arrays of vectors that stay in registers,
 * so that each sum and each weight must be a variable of its own. buildWasm.mjs puts them into
 * ops/wasm/assembly/f32_depthwise_rows.ts.
 *
 * Sums and weights take 15 of an engine's 16 registers at most. A window's rows stay in a loop: unrolled, engines load all of its
 * weights before the first product, and spill them.
 */

/** Width and stride of the window, and pixels whose sums are held at a time; 4 channels. */
const KERNELS = [
  {name: 'f32_depthwise_k3_4x4', width: 3, stride: 1, pixels: 4},
  {name: 'f32_depthwise_k3s2_4x4', width: 3, stride: 2, pixels: 4},
  {name: 'f32_depthwise_k5_8x4', width: 5, stride: 1, pixels: 8},
  {name: 'f32_depthwise_k5s2_8x4', width: 5, stride: 2, pixels: 8},
  {name: 'f32_depthwise_k7_8x4', width: 7, stride: 1, pixels: 8},
];

const HEAD = `/**
 * Micro-kernels of depthwise convs, by the width of the window (k), its stride (s) and the pixels × channels whose sums they hold.
 * Each input pixel is loaded once a row of the window, for all the outputs that it adds to.
 *
 * They read and write as spatial.ts says, whole tiles of pixels of a panel; both halves of the panel, one after the other.
 * Written by scripts/depthwise.mjs: do not edit.
 */
import {mulAdd, ROW, VECTOR} from './simd';
`;

/** Returns the text of all kernels. */
export function depthwiseSource() {
  return [HEAD, ...KERNELS.map(kernelSource)].join('\n');
}

function kernelSource({name, width, stride, pixels}) {
  const sums = range(pixels).map((pixel) => `c${pixel} = start`);
  const weights = range(width).map((tap) => `w${tap} = v128.load(w, ${32 * tap})`);
  const inputs = range((pixels - 1) * stride + width).map((input) => [
    `x = v128.load(at, ${32 * input});`,
    ...range(pixels)
      .map((pixel) => ({pixel, tap: input - stride * pixel}))
      .filter(({tap}) => tap >= 0 && tap < width)
      .map(({pixel, tap}) => `c${pixel} = mulAdd(x, w${tap}, c${pixel});`),
  ]);
  const stores = range(pixels).map((pixel) => `v128.store(to, c${pixel}, ${32 * pixel});`);
  return `export function ${name}(
  image: usize, out: usize, pixels: i32, taps: i32, slot0: i32, rows: i32, rowBytes: usize, filter: usize, bias: usize,
): void {
  for (let half: usize = 0; half < ROW; half += VECTOR) {
    const start = v128.load(bias + half);
    let column = image + half;
    let to = out + half;
    for (let pixel = 0; pixel < pixels; pixel += ${pixels}) {
      let ${sums.join(', ')};
      let w = filter + half;
      for (let tap = 0, slot = slot0; tap < taps; tap++) {
        const at = column + <usize>slot * rowBytes;
        const ${weights.join(', ')};
        let x: v128;
${inputs.map((lines) => `        ${lines.join(' ')}`).join('\n')}
        w += ${width} * ROW;
        if (++slot == rows) slot = 0;
      }
      ${stores.join('\n      ')}
      column += ${pixels * stride} * ROW;
      to += ${pixels} * ROW;
    }
  }
}
`;
}

function range(count) {
  return Array.from({length: count}, (_, i) => i);
}
