/** The parts that a ConvNeXt is made of; each framework spells them in a file of its own. */
import type {Value} from '../graphBuilder.ts';

/** `layer` names the layer, and with it its weights: the same in every spelling. */
export interface ConvNeXtParts {
  /** A `patch × patch` conv of that stride, with bias. */
  patchify(x: Value, layer: string, options: {patch: number; width: number}): Value;
  /** A 7×7 depthwise conv with bias. */
  depthwise(x: Value, layer: string): Value;
  /** LayerNorm over the last axis, with scale and offset. */
  layerNorm(x: Value, layer: string): Value;
  /** A 1×1 conv with bias. */
  pointwise(x: Value, layer: string, outputs: number): Value;
  gelu(x: Value, layer: string): Value;
  /** One factor a channel. */
  layerScale(x: Value, layer: string): Value;
  add(x: Value, y: Value, layer: string): Value;
  /** `[n, h, w, c]` to `[n, c]`. */
  globalAverage(x: Value, layer: string): Value;
  classifier(x: Value, layer: string, classes: number): Value;
}

export const LAYER_NORM_EPSILON = 1e-6;
/** The side of ConvNeXt's depthwise window. */
export const DEPTHWISE_SIZE = 7;
