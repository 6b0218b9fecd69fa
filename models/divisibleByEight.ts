/** The rule by which MobileNets and EfficientNets scale their channels. */

/** Returns the nearest multiple of 8 that is not more than a tenth below. */
export function divisibleByEight(width: number): number {
  const nearest = Math.max(8, Math.floor((width + 4) / 8) * 8);
  return nearest < 0.9 * width ? nearest + 8 : nearest;
}
