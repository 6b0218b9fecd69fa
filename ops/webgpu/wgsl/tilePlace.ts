/** Where a workgroup's rectangle lies: `image`, `firstRow` and `firstColumn` of its output pixels, from the number of its tile. */
import type {PixelTile} from '../variant.ts';

/** Returns the statements. */
export function tilePlaceText({height, width}: PixelTile): string {
  return `  let image = workgroup / (uniforms.tilesDown * uniforms.tilesAcross);
  let firstRow = workgroup / uniforms.tilesAcross % uniforms.tilesDown * ${height}u;
  let firstColumn = workgroup % uniforms.tilesAcross * ${width}u;`;
}
