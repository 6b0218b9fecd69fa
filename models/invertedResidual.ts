/** The block that MobileNetV2, MobileNetV3 and EfficientNet are made of; their tables are in files of their own. */
import type {Value} from './graphBuilder.ts';
import type {Excite, ImageActivation, KerasImageLayers} from './spellings/kerasImage.ts';

export interface InvertedResidual {
  /** Names a layer of the block. */
  readonly named: (part: string) => string;
  /** Channels of the spatial conv. */
  readonly hidden: number;
  readonly outputs: number;
  /** Whether there is an expand layer; without one, `hidden` is the input's channels. */
  readonly expand: boolean;
  readonly kernelSize: number;
  readonly stride: 1 | 2;
  readonly activation: Exclude<ImageActivation, 'linear'>;
  /** How a block of stride 2 gets its zeros. */
  readonly strideBy: 'same' | 'pad';
  /** Channels of a group of the spatial conv. Default 1: depthwise. */
  readonly groupWidth?: number;
  /** Squeeze-and-excite before the project layer; none where absent. */
  readonly excite?: Omit<Excite, 'layer'> | undefined;
  /** The first operand of the sum: frameworks' code has it either way. */
  readonly sum: 'x + y' | 'y + x';
}

/** What a residual branch adds to its input's scale: a deep network stays level, and a lost block is seen. */
const BRANCH_GAIN = 0.5;

/** A gate takes about half: what the weights after it make up for. */
const EXCITE_GAIN = {sigmoid: 1.85, 'hard-sigmoid': 1.65} as const;

/** Adds expand → spatial conv → [squeeze-and-excite] → project; + x where the shape stays. */
export function invertedResidual(layers: KerasImageLayers, x: Value, fields: InvertedResidual): Value {
  const {
    named,
    hidden,
    outputs,
    expand,
    kernelSize,
    stride,
    activation,
    strideBy,
    groupWidth = 1,
    excite,
    sum,
  } = fields;
  const residual = stride === 1 && x.shape[3] === outputs;
  const expanded = expand ? layers.conv(x, {layer: named('expand'), kernel: 1, outputs: hidden, activation}) : x;
  const spatial = layers.conv(expanded, {
    layer: named('depthwise'),
    kernel: kernelSize,
    stride,
    outputs: hidden,
    groupWidth,
    activation,
    after: expand ? activation : 'linear',
    strideBy,
  });
  const excited = excite ? layers.excite(spatial, {...excite, layer: named('se')}) : spatial;
  const y = layers.conv(excited, {
    layer: named('project'),
    kernel: 1,
    outputs,
    activation: 'linear',
    after: activation,
    gain: (residual ? BRANCH_GAIN : 1) * (excite ? EXCITE_GAIN[excite.gate] : 1),
  });
  if (!residual) return y;
  return sum === 'x + y' ? layers.add(x, y, named('add')) : layers.add(y, x, named('add'));
}
