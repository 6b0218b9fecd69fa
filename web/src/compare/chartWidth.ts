/** How wide charts are drawn: as wide as the column of results will be (compare.css has the same sizes). */

/** Below it, the results stand under the settings. */
const TWO_COLUMNS = 1100;
const NARROW = 600;
const CARD_PADDING = 8;
const BORDER = 1;
const MAX_PAGE = 1480;
const ASIDE = 320 + 24;
const MAX_CHART = 1080;
/** Of a window of 320. */
const MIN_CHART = 286;

/** Returns the width for a window so wide. Units: CSS pixels. */
export function chartWidth(windowWidth: number): number {
  const edge = Math.min(32, Math.max(16, 0.04 * windowWidth));
  const page = Math.min(MAX_PAGE, windowWidth) - 2 * edge;
  const column = windowWidth >= TWO_COLUMNS ? page - ASIDE : page;
  const card = column - 2 * (windowWidth < NARROW ? 0 : CARD_PADDING) - 2 * BORDER;
  return Math.round(Math.min(MAX_CHART, Math.max(MIN_CHART, card)));
}
