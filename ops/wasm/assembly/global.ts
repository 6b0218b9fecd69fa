/**
 * Blocks with a part that needs every pixel of an image before there is any output (GlobalPart), in two sweeps over the tiles.
 *
 * The first sweep keeps what project reads in the workspace, with its sums over each tile: no step needs another's. Between the
 * sweeps one thread makes of the sums, added up tile by tile, a factor for each image and channel; in the second, project reads the
 * values times their factors.
 *
 * Shapes: VALUES `[images·tiles]` of packed form `[tiles of the product][hidden, padded to 8][rows]`; TILE_SUMS `[images·tiles][hidden,
 * padded]`; FACTORS, and SQUEEZED between the products of squeeze-and-excite, panel form with an image for a pixel,
 * `[panels][roundUp(batch, 4)][8]`; MEANS and SQUEEZED_PANELS the packed form of the same.
 */
import {activate, activatePanels, gateOf, isLinear, kindOf, slopesOf} from './activation';
import {address, fieldAddress, float, int} from './call';
import {f32_gemm} from './f32_gemm';
import {ActivationKind, Field, GEMM_PANELS, GlobalPart} from './fields';
import {packActivated, packClamped} from './pack';
import {accumulate} from './project';
import {FLOAT, mulAdd, ROW, roundUp, splat, VECTOR} from './simd';
import {tileColumns, tileIndex, tileRows, tilesAcross, tilesDown} from './tile';
import {rowsOf, tilesOf} from './tiling';

/** Whether what project reads is kept for the second sweep. */
export function isKept(call: usize): bool {
  return int(call, Field.GLOBAL_PART) != GlobalPart.NONE;
}

/**
 * Hands panels of the tile at hand, activated, to project: as the channels at..at+8·panels−1 of HIDDEN_PANELS, or to the workspace.
 * Shapes: from `[panels][pixelStride][8]`, whose first channel is `channel`.
 */
export function handToProject(
  call: usize, activation: usize, channel: i32, from: usize, pixelStride: i32, panels: i32, at: i32, pixels: i32,
): void {
  if (!isKept(call)) {
    const to = address(call, Field.HIDDEN_PANELS), stride = int(call, Field.HIDDEN_CHUNK);
    packActivated(activation, channel, from, pixelStride, panels, to, stride, at, pixels);
    return;
  }
  const panelBytes = <usize>pixelStride * ROW;
  if (!int(call, Field.ACTIVATION_AFTER_EXCITE)) activatePanels(activation, channel, from, panels, panelBytes);
  const stride = roundUp(int(call, Field.HIDDEN_CHANNELS), 8);
  const tile = tileIndex(call);
  const squared = int(call, Field.GLOBAL_PART) == GlobalPart.RESPONSE_NORM;
  let sums = address(call, Field.TILE_SUMS) + <usize>(tile * stride + channel) * FLOAT;
  for (let panel = 0; panel < panels; panel++, sums += ROW) {
    if (squared) sumPixels(true, from + <usize>panel * panelBytes, pixels, sums);
    else sumPixels(false, from + <usize>panel * panelBytes, pixels, sums);
  }
  const values = address(call, Field.VALUES) + <usize>tile * <usize>int(call, Field.TILE_VALUES_BYTES);
  packClamped(-Infinity, Infinity, from, pixelStride, panels, values, stride, channel, pixels);
}

/** The sums of a panel's 8 channels, of their squares where `squared`. Shapes: from `[pixels][8]`, to `[8]`. */
// @ts-ignore: decorator
@inline
function sumPixels(squared: bool, from: usize, pixels: i32, to: usize): void {
  let a0 = splat(0), a1 = splat(0), b0 = splat(0), b1 = splat(0), c0 = splat(0), c1 = splat(0), d0 = splat(0), d1 = splat(0);
  for (const end = from + <usize>(pixels & ~3) * ROW; from < end; from += 4 * ROW) {
    a0 = plus(squared, a0, v128.load(from)), a1 = plus(squared, a1, v128.load(from, 16));
    b0 = plus(squared, b0, v128.load(from, 32)), b1 = plus(squared, b1, v128.load(from, 48));
    c0 = plus(squared, c0, v128.load(from, 64)), c1 = plus(squared, c1, v128.load(from, 80));
    d0 = plus(squared, d0, v128.load(from, 96)), d1 = plus(squared, d1, v128.load(from, 112));
  }
  for (const end = from + <usize>(pixels & 3) * ROW; from < end; from += ROW) {
    a0 = plus(squared, a0, v128.load(from)), a1 = plus(squared, a1, v128.load(from, 16));
  }
  v128.store(to, f32x4.add(f32x4.add(a0, b0), f32x4.add(c0, d0)));
  v128.store(to, f32x4.add(f32x4.add(a1, b1), f32x4.add(c1, d1)), 16);
}

// @ts-ignore: decorator
@inline
function plus(squared: bool, sum: v128, value: v128): v128 {
  return squared ? mulAdd(value, value, sum) : f32x4.add(sum, value);
}

/** Between the sweeps: FACTORS of all images. */
export function computeFactors(call: usize): void {
  if (int(call, Field.GLOBAL_PART) == GlobalPart.SQUEEZE_EXCITE) {
    exciteFactors(call);
    return;
  }
  const batch = int(call, Field.BATCH);
  for (let image = 0; image < batch; image++) responseFactors(call, image);
}

/** gate(Wₑ · act(Wᵣ · mean + bᵣ) + bₑ), an image for a pixel of the products. */
function exciteFactors(call: usize): void {
  const batch = int(call, Field.BATCH), stride = roundUp(batch, 4);
  const hidden = int(call, Field.HIDDEN_CHANNELS), squeezed = int(call, Field.SE_CHANNELS);
  const means = address(call, Field.MEANS);
  const out = address(call, Field.SQUEEZED), packed = address(call, Field.SQUEEZED_PANELS);
  const factors = address(call, Field.FACTORS);
  const panels = (squeezed + 7) >> 3, packedStride = 8 * panels;
  packMeans(call);
  multiply(means, hidden, call, Field.SE_REDUCE_WEIGHTS, Field.SE_REDUCE_BIAS, hidden, squeezed, out);
  packActivated(fieldAddress(call, Field.SE_ACTIVATION), 0, out, stride, panels, packed, packedStride, 0, batch);
  multiply(packed, packedStride, call, Field.SE_EXPAND_WEIGHTS, Field.SE_EXPAND_BIAS, squeezed, hidden, factors);
  activatePanels(fieldAddress(call, Field.SE_GATE), 0, factors, (hidden + 7) >> 3, <usize>stride * ROW);
}

/** A product of the images' vectors. Shapes: a `[tiles][aStride][rows]`, out `[panels][roundUp(batch, 4)][8]`. */
function multiply(
  a: usize, aStride: i32, call: usize, weights: Field, bias: Field, depth: i32, outputs: i32, out: usize,
): void {
  const batch = int(call, Field.BATCH), stride = roundUp(batch, 4);
  let b = address(call, weights), start = address(call, bias);
  for (let channel = 0; channel < outputs; channel += 8 * GEMM_PANELS) {
    const panels = min(GEMM_PANELS, (outputs - channel + 7) >> 3);
    f32_gemm(a, aStride, b, depth, start, out, stride, batch, depth, panels);
    b += <usize>(depth * GEMM_PANELS) * ROW;
    start += GEMM_PANELS * ROW;
    out += <usize>(stride * GEMM_PANELS) * ROW;
  }
}

/** TILE_SUMS → MEANS `[tiles][hidden][rows]`; past the last image it repeats. */
function packMeans(call: usize): void {
  const batch = int(call, Field.BATCH), hidden = int(call, Field.HIDDEN_CHANNELS);
  const scale: f32 = 1 / <f32>(int(call, Field.OUT_HEIGHT) * int(call, Field.OUT_WIDTH));
  const tiles = tilesOf(batch);
  const sums = address(call, Field.SQUEEZED);
  let to = address(call, Field.MEANS);
  for (let tile = 0, image = 0; tile < tiles; tile++) {
    const rows = rowsOf(tile, tiles, batch);
    for (let row = 0; row < rows; row++, image++) {
      addTiles(call, min(image, batch - 1), sums);
      for (let channel = 0; channel < hidden; channel++) {
        store<f32>(to + <usize>(channel * rows + row) * FLOAT, scale * load<f32>(sums + <usize>channel * FLOAT));
      }
    }
    to += <usize>(rows * hidden) * FLOAT;
  }
}

/** The sums of an image's tiles, in their order. Shapes: to `[hidden, padded to 8]`. */
function addTiles(call: usize, image: i32, to: usize): void {
  const bytes = <usize>roundUp(int(call, Field.HIDDEN_CHANNELS), 8) * FLOAT;
  const tiles = tilesDown(call) * tilesAcross(call);
  const from = address(call, Field.TILE_SUMS) + <usize>(image * tiles) * bytes;
  for (let at: usize = 0; at < bytes; at += VECTOR) {
    let sum = v128.load(from + at);
    for (let tile = 1; tile < tiles; tile++) sum = f32x4.add(sum, v128.load(from + <usize>tile * bytes + at));
    v128.store(to + at, sum);
  }
}

/** 1 + γ · n / (mean(n) + ε), n the roots of the sums of squares. */
function responseFactors(call: usize, image: i32): void {
  const hidden = int(call, Field.HIDDEN_CHANNELS);
  const scale = address(call, Field.RESPONSE_SCALE);
  const inner = float(call, Field.RESPONSE_NORM_EPSILON);
  const norms = address(call, Field.SQUEEZED);
  addTiles(call, image, norms);
  let sum: f32 = 0;
  for (let channel = 0; channel < hidden; channel++) {
    const at = norms + <usize>channel * FLOAT;
    const norm: f32 = sqrt<f32>(load<f32>(at) + inner);
    store<f32>(at, norm);
    sum += norm;
  }
  const divisor: f32 = sum / <f32>hidden + float(call, Field.RESPONSE_EPSILON);
  for (let channel = 0; channel < hidden; channel++) {
    const at = <usize>channel * FLOAT;
    const factor: f32 = 1 + (load<f32>(scale + at) * load<f32>(norms + at)) / divisor;
    store<f32>(factorsOf(call, image, channel) + (at & (ROW - 1)), factor);
  }
}

/** The factors of the 8 channels around `channel`. */
function factorsOf(call: usize, image: i32, channel: i32): usize {
  const stride = roundUp(int(call, Field.BATCH), 4);
  return address(call, Field.FACTORS) + <usize>((channel >> 3) * stride + image) * ROW;
}

/** The second sweep's step: project reads VALUES times FACTORS. */
export function projectScaled(call: usize): void {
  const pixels = tileRows(call) * tileColumns(call);
  const hiddenChannels = int(call, Field.HIDDEN_CHANNELS), chunk = int(call, Field.HIDDEN_CHUNK);
  // A step of the same tile has left all of them in scratch.
  const isScaled = int(call, Field.FOLLOWS) && int(call, Field.STEP_OUTPUT) > 0 && chunk >= hiddenChannels;
  for (let hidden = 0; hidden < hiddenChannels; hidden += chunk) {
    const depth = min(chunk, hiddenChannels - hidden);
    if (!isScaled) scaleValues(call, pixels, hidden, depth);
    accumulate(call, pixels, hidden, depth);
  }
}

/** VALUES → times FACTORS → [act] → HIDDEN_PANELS, for `depth` channels from `hidden` on. */
function scaleValues(call: usize, pixels: i32, hidden: i32, depth: i32): void {
  const stride = roundUp(int(call, Field.HIDDEN_CHANNELS), 8), chunk = int(call, Field.HIDDEN_CHUNK);
  const image = int(call, Field.STEP_IMAGE);
  const activation = fieldAddress(call, Field.SPATIAL_ACTIVATION);
  const isActivated = int(call, Field.ACTIVATION_AFTER_EXCITE) && !isLinear(activation);
  const factorStride = <usize>roundUp(int(call, Field.BATCH), 4) * ROW;
  const tiles = tilesOf(pixels);
  let from = address(call, Field.VALUES) + <usize>tileIndex(call) * <usize>int(call, Field.TILE_VALUES_BYTES);
  let to = address(call, Field.HIDDEN_PANELS);
  for (let tile = 0; tile < tiles; tile++) {
    const rows = rowsOf(tile, tiles, pixels);
    const panelBytes = <usize>rows * ROW;
    let factors = factorsOf(call, image, hidden), value = from + <usize>(hidden * rows) * FLOAT, out = to;
    for (let at = 0; at < depth; at += 8, factors += factorStride, value += panelBytes, out += panelBytes) {
      scalePanel(rows, value, factors, out);
    }
    if (isActivated) activatePacked(activation, hidden, rows, to, out);
    from += <usize>(rows * stride) * FLOAT;
    to += <usize>(rows * chunk) * FLOAT;
  }
}

/** 8 channels of a tile in packed form, each times its factor. Shapes: from and to `[8][rows]`, factors `[8]`. */
function scalePanel(rows: i32, from: usize, factors: usize, to: usize): void {
  if (!ASC_FEATURE_RELAXED_SIMD) {
    for (const end = factors + ROW; factors < end; factors += 8, from += VECTOR, to += VECTOR) {
      const two = v128.load_splat<i64>(factors);
      v128.store(to, f32x4.mul(v128.load(from), v128.shuffle<f32>(two, two, 0, 0, 1, 1)));
    }
    return;
  }
  // A row of 5 or 6 is two vectors that overlap.
  const rest = <usize>(rows - 4) * FLOAT, step = <usize>rows * FLOAT;
  for (const end = factors + ROW; factors < end; factors += FLOAT, from += step, to += step) {
    const factor = v128.load_splat<f32>(factors);
    const last = f32x4.mul(v128.load(from + rest), factor);
    v128.store(to, f32x4.mul(v128.load(from), factor));
    v128.store(to + rest, last);
  }
}

/** Activates channels of a tile in packed form, whose first is `channel`, in place. */
function activatePacked(activation: usize, channel: i32, rows: i32, at: usize, end: usize): void {
  const kind = kindOf(activation);
  if (kind != ActivationKind.PRELU) {
    activate(kind, gateOf(activation, channel), at, at, end - at);
    return;
  }
  for (let slope = slopesOf(activation, channel); at < end; slope += FLOAT) {
    for (let row = 0; row < rows; row++, at += FLOAT) {
      const value = load<f32>(at);
      if (value < 0) store<f32>(at, value * load<f32>(slope));
    }
  }
}
