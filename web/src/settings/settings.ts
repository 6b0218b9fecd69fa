/** What a comparison is asked for: of which model, on what, and how long. Links, the page's memory and the worker share it. */

export const BACKENDS = ['wasm', 'webgpu', 'cpu'] as const;
export type Backend = (typeof BACKENDS)[number];

export interface Settings {
  readonly backend: Backend;
  /** Of backend wasm: 'auto' is the level that this engine runs fastest. */
  readonly simd: 'auto' | 'simd';
  /** Of backend wasm; 'auto' as many as tfjs takes. More than one need an isolated page. */
  readonly threads: 'auto' | number;
  /** Of backend webgpu, of the fused side. */
  readonly precision: 'float32' | 'float16';
  /** Images at a time, where the model leaves that open. */
  readonly batch: number;
  /** Height and width of the image, where the model leaves them open; null for the model's own. Units: pixels. */
  readonly inputSize: number | null;
  /** Timed samples of each side. */
  readonly runs: number;
  /** Which blocks are fused: those that pay by estimate, or all that can be. */
  readonly blocks: 'when-faster' | 'all';
  /** Whether the machine is measured, and where the time goes is set against it. */
  readonly analysis: boolean;
}

export const DEFAULTS: Settings = {
  backend: 'wasm',
  simd: 'auto',
  threads: 'auto',
  precision: 'float32',
  batch: 1,
  inputSize: null,
  runs: 20,
  blocks: 'when-faster',
  analysis: true,
};
