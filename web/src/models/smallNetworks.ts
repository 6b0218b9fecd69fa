/** The small networks that come with the page: of a width and a size of image at which a comparison takes seconds. */

export const SMALL_NETWORKS = {
  convNext: {imageSize: 96, widths: [48, 96, 192, 192], depths: [1, 1, 3, 1], spelling: 'keras-depthwise'},
  mobileNetV2: {imageSize: 96, alpha: 0.35},
  efficientNet: {imageSize: 96, width: 0.5},
} as const;
