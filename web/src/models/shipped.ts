/** The models that come with the page, to choose from. What makes them is in shippedLoaders.ts, and is loaded with the one chosen. */

export const SHIPPED_IDS = [
  'convnext-digits',
  'convfirst-digits',
  'convnext-small',
  'mobilenet-v2-small',
  'efficientnet-small',
  'convnext-tiny',
  'convnext-v2-atto',
  'convfirst',
  'mobilenet-v2',
  'mobilenet-v3-large',
  'efficientnet-b0',
  'blazeface',
] as const;
export type ShippedId = (typeof SHIPPED_IDS)[number];

export interface ShippedModel {
  readonly id: ShippedId;
  readonly title: string;
  /** Input, parameters and work of one image, in words. */
  readonly size: string;
  /** A small one is compared in seconds. */
  readonly group: 'small' | 'full';
  /** Trained, or with seeded random weights: times are the same, outputs mean nothing. */
  readonly trained: boolean;
}

export const SHIPPED: readonly ShippedModel[] = [
  trained('convnext-digits', 'ConvNeXt, digits', '32 px, 29 k parameters'),
  trained('convfirst-digits', 'ConvFirst, digits', '32 px, 22 k parameters'),
  seeded('small', 'convnext-small', 'ConvNeXt, small', '96 px, 1.8 M parameters, 67 MMAC'),
  seeded('small', 'mobilenet-v2-small', 'MobileNetV2 0.35', '96 px, 1.7 M parameters, 12 MMAC'),
  seeded('small', 'efficientnet-small', 'EfficientNet, narrow', '96 px, 1.7 M parameters, 23 MMAC'),
  seeded('full', 'convnext-tiny', 'ConvNeXt-T', '224 px, 28.6 M parameters, 4.46 GMAC'),
  seeded('full', 'convnext-v2-atto', 'ConvNeXt V2-A (atto)', '224 px, 3.7 M parameters, 0.55 GMAC'),
  seeded('full', 'convfirst', 'ConvFirst', '224 px, 6.8 M parameters, 1.29 GMAC'),
  seeded('full', 'mobilenet-v2', 'MobileNetV2', '224 px, 3.5 M parameters, 0.30 GMAC'),
  seeded('full', 'mobilenet-v3-large', 'MobileNetV3-Large', '224 px, 5.5 M parameters, 0.22 GMAC'),
  seeded('full', 'efficientnet-b0', 'EfficientNet-B0', '224 px, 5.3 M parameters, 0.39 GMAC'),
  seeded('full', 'blazeface', 'BlazeFace', '128 px, 0.1 M parameters, 31 MMAC'),
];

function trained(id: ShippedId, title: string, size: string): ShippedModel {
  return {id, title, size: unbroken(size), group: 'small', trained: true};
}

function seeded(group: ShippedModel['group'], id: ShippedId, title: string, size: string): ShippedModel {
  return {id, title, size: unbroken(size), group, trained: false};
}

/** A number and its unit stay on one line. */
function unbroken(size: string): string {
  return size.replace(/(\d) /g, '$1\u00a0');
}
