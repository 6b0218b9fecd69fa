/**
 * Staging: a workgroup's invocations copy a slab into workgroup memory, weights for all and pixels where a product reads a tensor.
 * Each item is fetched into registers and put from there, in constant trips and without a branch around a load, so that many loads are
 * on their way at a time; a caller may compute between the two.
 */
import {PANEL, type Precision, roundUp} from '../../params.ts';
import {
  type ChannelForm,
  type GemmTile,
  isVectored,
  lanesOf,
  panelsOf,
  type PointwiseLayer,
  QUAD,
  quadsOf,
  steppedThreads,
  threadsOf,
} from '../planner/variant.ts';
import {range, stagedLanes} from './gemm.ts';
import {putQuadText, type QuadArray, quadPlace} from './quads.ts';
import {elementType} from './vectors.ts';

/**
 * What is staged. Its functions, of which those that do not depend on the slab may be called once for all slabs:
 * - `origin_<name>(item, …position)`, where an item lies in its buffer, as two numbers;
 * - `to_<name>(item)`, where it goes in the array;
 * - `fetch_<name>(origin, …slab)`, what lies there of a slab;
 * - `put_<name>(to, fetched)`.
 */
export interface Staged {
  readonly name: string;
  /** How many there are, in all, and how many invocations share them out, neighbours taking neighbouring ones. */
  readonly items: number;
  readonly threads: number;
  /** What is fetched of an item. */
  readonly type: string;
  /** The parameters that say where the tile lies, and which slab it is, with their types. */
  readonly position: readonly string[];
  readonly slab: readonly string[];
  readonly functions: string;
}

/** Loads of an invocation that are on their way at a time: more would take registers from the sums. */
const ITEMS_AT_A_TIME = [4, 3, 2] as const;

/**
 * Returns the function `stage_<name>(…position, …slab, at, thread)`, with what it calls. Its inner loop of few and constant rounds is
 * what compilers unroll: they wait once for all of its loads.
 */
export function stageText(staged: Staged): string {
  const {name, items, threads, position, slab, functions} = staged;
  const rounds = Math.ceil(items / threads);
  const atATime = ITEMS_AT_A_TIME.find((each) => rounds % each === 0) ?? 1;
  const put = `put_${name}(at + to_${name}(i), value);`;
  return `${functions}

fn stage_${name}(${[...position, ...slab].map((each) => `${each}: u32`).join(', ')}, at: u32, thread: u32) {
  for (var first = thread; first < ${rounds * threads}u; first += ${atATime * threads}u) {
    for (var round = 0u; round < ${atATime}u; round++) {
      let i = first + round * ${threads}u;
      let value = fetch_${name}(${[`origin_${name}(${['i', ...position].join(', ')})`, ...slab].join(', ')});
      ${items % threads === 0 ? put : `if (i < ${items}u) {\n        ${put}\n      }`}
    }
  }
}`;
}

/** Returns the statements that declare where an invocation's items lie and go, and the variables into which it fetches them. */
export function itemsText(staged: Staged): string {
  const {name, type, position} = staged;
  return roundsOf(staged)
    .flatMap(({round, item}) => [
      `  let origin_${name}${round} = origin_${name}(${[item, ...position].join(', ')});`,
      `  let to_${name}${round} = to_${name}(${item});`,
      `  var ${name}${round}: ${type};`,
    ])
    .join('\n');
}

/** Returns the statements that fetch an invocation's items of a slab, which is an expression. */
export function fetchText(staged: Staged, slab: string): string {
  const {name, items, threads} = staged;
  const fetches = roundsOf(staged).map(
    ({round}) => `${name}${round} = fetch_${name}(origin_${name}${round}, ${slab});`,
  );
  // Where there are few, whole waves have nothing to fetch.
  return items < threads
    ? `    if (thread < ${items}u) {\n      ${fetches.join('\n      ')}\n    }`
    : `    ${fetches.join('\n    ')}`;
}

/** Returns the statements that put what was fetched. */
export function putText(staged: Staged): string {
  const {name, items, threads} = staged;
  return roundsOf(staged)
    .map(({round, item}) => {
      const put = `put_${name}(to_${name}${round}, ${name}${round});`;
      return (round + 1) * threads <= items ? `    ${put}` : `    if (${item} < ${items}u) {\n      ${put}\n    }`;
    })
    .join('\n');
}

/** What is staged by invocations that have in every round an item the same steps away from their first one. */
export interface SteppedStaged extends Staged {
  /** What lies between the first item and the one of a round, in the buffer (`origin`) and in the array. */
  readonly step: (round: number) => {readonly origin: readonly [number, number]; readonly to: number};
}

/** Returns the statements that declare where an invocation's first item lies and goes: all that it keeps in registers. */
export function firstItemText({name, position}: Staged): string {
  return `  let origin_${name} = origin_${name}(${['thread', ...position].join(', ')});
  let to_${name} = to_${name}(thread);`;
}

/** Returns the statements that fetch and put an invocation's items of a slab, an expression: few at a time. */
export function copyText(staged: SteppedStaged, slab: string): string {
  const {name, items, threads, step} = staged;
  const [atATime] = ITEMS_AT_A_TIME;
  const rounds = roundsOf(staged);
  const fetches = rounds.map(({round}) => {
    const [at, input] = step(round).origin;
    return `let ${name}${round} = fetch_${name}(origin_${name} + vec2<u32>(${at}u, ${input}u), ${slab});`;
  });
  const puts = rounds.map(({round, item}) => {
    const put = `put_${name}(to_${name} + ${step(round).to}u, ${name}${round});`;
    return (round + 1) * threads <= items ? put : `if (${item} < ${items}u) {\n${put}\n}`;
  });
  const turns = range(Math.ceil(rounds.length / atATime)).flatMap((turn) => {
    const some = [atATime * turn, atATime * (turn + 1)] as const;
    return [...fetches.slice(...some), ...puts.slice(...some)];
  });
  return `if (thread < ${threads}u) {\n${turns.join('\n')}\n}`;
}

/** Returns the rounds in which an invocation takes items, with the item that it takes in each. */
function roundsOf({items, threads}: Staged): {round: number; item: string}[] {
  return range(Math.ceil(items / threads)).map((round) => ({
    round,
    item: round === 0 ? 'thread' : `thread + ${round * threads}u`,
  }));
}

export interface WeightsParts {
  readonly name: string;
  readonly layer: PointwiseLayer;
  readonly tile: GemmTile;
  readonly precision: Precision;
  /** How far the calls go, in all: inputs and outputs that the layer does not have are zeros. */
  readonly reach: {readonly inputs: number; readonly outputs: number};
  /** Where the gates begin by which each is multiplied, an expression of `image`, in vectors; of a slab the image is then said, too. */
  readonly gatesAt?: string;
}

/**
 * Returns the staging of a slab of the panels of a tile's columns in `weights`, zeros beyond the end of the matrix. An item is a
 * vector; neighbouring invocations read neighbouring vectors of a panel.
 */
export function stagedWeights({name, layer, tile, precision, reach, gatesAt}: WeightsParts): Staged {
  const {inputs} = layer;
  const halves = 2 * tile.slab;
  const panels = panelsOf(layer.outputs);
  const allPanels = panelsOf(reach.outputs) <= panels;
  const allInputs = reach.inputs <= inputs;
  const type = `vec4<${elementType(precision)}>`;
  // Of a panel that is not there, no input is.
  const input = allPanels ? 'input' : `select(${reach.inputs}u, input, panel < ${panels}u)`;
  return {
    name,
    items: (halves * tile.columns) / PANEL,
    threads: threadsOf(tile),
    type,
    position: ['firstPanel'],
    slab: ['firstInput', ...(gatesAt === undefined ? [] : ['image'])],
    functions: `fn origin_${name}(i: u32, firstPanel: u32) -> vec2<u32> {
  let panel = firstPanel + i / ${halves}u;
  let input = i % ${halves}u / 2u;
  return vec2<u32>(${layer.weights}u + 2u * (panel * ${inputs}u + input) + i % 2u, ${input});
}

fn to_${name}(i: u32) -> u32 {
  return i % ${halves}u / 2u * ${stagedLanes(tile)}u + 2u * (i / ${halves}u) + i % 2u;
}

fn fetch_${name}(origin: vec2<u32>, firstInput: u32${gatesAt === undefined ? '' : ', image: u32'}) -> ${type} {
  let at = origin.x + 2u * firstInput;
${gatesAt !== undefined ? gatedWeightText(gatesAt, type) : allPanels && allInputs ? '  return params[at];' : `  let exists = origin.y + firstInput < ${inputs}u;\n  return select(${type}(), params[select(0u, at, exists)], exists);`}
}

fn put_${name}(to: u32, value: ${type}) {
  weights[to] = value;
}`,
  };
}

/** The steps of a product that reads its pixels never go beyond its inputs. A number of a vector is loaded alone. */
function gatedWeightText(gatesAt: string, type: string): string {
  return `  let input = origin.y + firstInput;
  return ${type}(vec4<f32>(params[at]) * gates[${gatesAt} + input / 4u][input % 4u]);`;
}

/**
 * Returns the same, staged by invocations that have the same steps. Beyond the last panel is anything: such sums are dropped.
 */
export function steppedWeights(parts: WeightsParts): SteppedStaged {
  const {layer, tile} = parts;
  const halves = 2 * tile.slab;
  const threads = steppedThreads(tile);
  return {
    ...stagedWeights(parts),
    threads,
    step: (round) => {
      const panel = Math.floor((round * threads) / halves);
      const half = (round * threads) % halves;
      return {
        origin: [2 * panel * layer.inputs + half, half / 2],
        to: (half / 2) * stagedLanes(tile) + 2 * panel,
      };
    },
  };
}

/** Returns how far tiles go that cover a layer in whole slabs and columns. */
export function wholeTiles({inputs, outputs}: PointwiseLayer, {slab, columns}: GemmTile): WeightsParts['reach'] {
  return {inputs: roundUp(inputs, slab), outputs: roundUp(outputs, columns)};
}

/** Returns how far slabs go that cover a layer's inputs in chunks: beyond the end of a chunk, and chunks beyond the inputs. */
export function wholeChunks({inputs}: PointwiseLayer, {slab, columns}: GemmTile, chunk: number): WeightsParts['reach'] {
  return {inputs: roundUp(inputs, chunk) + roundUp(chunk, slab) - chunk, outputs: columns};
}

export interface PixelsParts {
  /** The array that takes the pixels: as many rows, and at least a slab's lanes. */
  readonly into: QuadArray;
  readonly layer: PointwiseLayer;
  readonly tile: GemmTile;
}

/**
 * Returns the staging of a slab's channels, from `firstLane` on, of a tile's pixels of `source`, which lie in a row from `firstPixel` on.
 * Beyond the last lane are zeros; beyond the last pixel is anything: such a row's sums are dropped. An item is a lane of a quad;
 * neighbouring invocations write neighbouring quads.
 */
export function stagedPixels(parts: PixelsParts & {readonly source: ChannelForm}): Staged {
  const {into, source} = parts;
  const lanes = lanesOf(source.channels);
  const quads = quadsOf(into.rows);
  // A product for each slab would be slow: a tensor of vectors has it in `origin`.
  const [pixelAt, load] = isVectored(source)
    ? [`pixel * ${lanes}u + lane`, `source[origin.x + firstLane + k * ${lanes}u]`]
    : ['pixel', 'load_source(origin.x + k, lane)'];
  return {
    ...stagedQuads(parts),
    position: ['firstPixel'],
    slab: ['firstLane'],
    functions: `${putQuadText(into)}

fn origin_${into.name}(i: u32, firstPixel: u32) -> vec2<u32> {
  let pixel = firstPixel + ${QUAD}u * (i % ${quads}u);
  let lane = i / ${quads}u;
  return vec2<u32>(${pixelAt}, lane);
}

fn fetch_${into.name}(origin: vec2<u32>, firstLane: u32) -> array<vec4<f32>, ${QUAD}> {
  let lane = origin.y + firstLane;
  var rows: array<vec4<f32>, ${QUAD}>;
  for (var k = 0u; k < ${QUAD}u; k++) {
    rows[k] = ${existingLane(parts, load)};
  }
  return rows;
}

${toQuadText(into)}`,
  };
}

/**
 * Returns the same for the pixels of x under a rectangle's halo, zeros for those outside the image, which input_pixel
 * (hiddenHalo.ts) tells.
 */
export function stagedHalo(parts: PixelsParts): Staged {
  const {into} = parts;
  const quads = quadsOf(into.rows);
  return {
    ...stagedQuads(parts),
    position: [],
    slab: ['image', 'firstRow', 'firstColumn', 'firstLane'],
    functions: `${putQuadText(into)}

fn origin_${into.name}(i: u32) -> vec2<u32> {
  return vec2<u32>(${QUAD}u * (i % ${quads}u), i / ${quads}u);
}

fn fetch_${into.name}(
  origin: vec2<u32>,
  image: u32,
  firstRow: u32,
  firstColumn: u32,
  firstLane: u32,
) -> array<vec4<f32>, ${QUAD}> {
  let lane = origin.y + firstLane;
  var rows: array<vec4<f32>, ${QUAD}>;
  for (var k = 0u; k < ${QUAD}u; k++) {
    let pixel = input_pixel(image, firstRow, firstColumn, origin.x + k);
    let inside = pixel != OUTSIDE;
    let value = ${existingLane(parts, 'load_x(select(0u, pixel, inside), lane)')};
    rows[k] = select(vec4<f32>(), value, inside);
  }
  return rows;
}

${toQuadText(into)}`,
  };
}

function stagedQuads({into, tile}: PixelsParts): Pick<Staged, 'name' | 'items' | 'threads' | 'type'> {
  const items = quadsOf(into.rows) * lanesOf(tile.slab);
  return {name: into.name, items, threads: threadsOf(tile), type: `array<vec4<f32>, ${QUAD}>`};
}

/** Returns the value of `lane`, zero beyond the last where slabs go so far. */
export function existingLane({layer: {inputs}, tile: {slab}}: PixelsParts, value: string): string {
  const whole = lanesOf(inputs) % lanesOf(slab) === 0;
  return whole ? value : `select(vec4<f32>(), ${value}, lane < ${lanesOf(inputs)}u)`;
}

function toQuadText(into: QuadArray): string {
  const quads = quadsOf(into.rows);
  return `fn to_${into.name}(i: u32) -> u32 {
  return ${quadPlace(into, `i / ${quads}u`, `i % ${quads}u`)};
}`;
}
