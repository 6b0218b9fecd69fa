/** The converted models of test/fixtures, and how near to golden each must come; for Node and for the browser. */

/** The most by which an output may differ from golden: float32; float16 weights; uint8 weights, where stock is 0.048 off. */
const FLOAT32 = 1e-5;
const FLOAT16 = 5e-3;
const UINT8 = 0.05;

export interface FixtureCase {
  readonly name: string;
  /** Blocks to fuse. */
  readonly blocks: number;
  readonly tolerance: number;
}

export const FIXTURE_CASES: readonly FixtureCase[] = [
  {name: 'keras-convnext', blocks: 6, tolerance: FLOAT32},
  {name: 'keras-convnext-static', blocks: 6, tolerance: FLOAT32},
  {name: 'keras-convnext-f16', blocks: 6, tolerance: FLOAT16},
  {name: 'keras-convnext-u8', blocks: 6, tolerance: UINT8},
  {name: 'keras-convnext-depthwise', blocks: 4, tolerance: FLOAT32},
  {name: 'keras-convfirst', blocks: 7, tolerance: FLOAT32},
  {name: 'keras-mbconv-grouped', blocks: 4, tolerance: FLOAT32},
  {name: 'keras-mobilenetv2', blocks: 16, tolerance: FLOAT32},
  {name: 'torch-convfirst', blocks: 4, tolerance: FLOAT32},
  {name: 'torch-convnext-convmlp', blocks: 4, tolerance: FLOAT32},
  {name: 'keras3-convnext', blocks: 5, tolerance: FLOAT32},
  {name: 'keras3-convfirst', blocks: 4, tolerance: FLOAT32},
  {name: 'flax-convnext', blocks: 4, tolerance: FLOAT32},
  {name: 'flax-convfirst', blocks: 4, tolerance: FLOAT32},
];

/** Those that stand for all where a test is costly: conv-first with groups, conv-first with LayerNorm, expand-first. */
export const WASM_MODELS: readonly string[] = ['keras-convfirst', 'keras-convnext', 'keras-mobilenetv2'];
/** The same, smaller, for where every run is slow. */
export const WEBGPU_MODELS: readonly string[] = ['torch-convfirst', 'keras-convnext-depthwise', 'keras-mbconv-grouped'];
