/** The one error class of the package: thrown for misuse and broken invariants, never for "cannot fuse" (that is a reason, a value). */

/**
 * What kind of rule was broken; closed, so that a caller can switch over it.
 *
 * - `invalid-spec`: a BlockSpec that describes no block
 * - `invalid-params`: params or weights whose length or layout does not fit the spec
 * - `invalid-input`: a tensor of the wrong rank, dtype or size
 * - `invalid-model`: model artifacts that are broken: missing weights, cyclic graph, malformed JSON
 * - `unsupported-model`: a sound model of a kind that is not handled (a LayersModel, say)
 * - `invalid-option`: a wrong option or argument
 * - `registration`: another version or a foreign op holds the name FusedResidualBlock
 * - `no-gradient`: the backend lacks the convolution gradients
 * - `out-of-memory`: the backend's allocator refused
 * - `unsupported-device`: the GPU, its driver or the browser lacks what was asked for
 * - `device-lost`: the GPU device is gone
 * - `output`: a file or folder could not be written
 * - `missing-dependency`: an optional package or program is needed and absent
 */
export type BlockFusionErrorCode =
  | 'invalid-spec'
  | 'invalid-params'
  | 'invalid-input'
  | 'invalid-model'
  | 'unsupported-model'
  | 'invalid-option'
  | 'registration'
  | 'no-gradient'
  | 'out-of-memory'
  | 'unsupported-device'
  | 'device-lost'
  | 'output'
  | 'missing-dependency';

/** The parts of an error's text: `<where>: <must>, got <got>; <fix>`. */
export interface BlockFusionErrorParts {
  /** What is at fault: a function, an option, a file, a node. */
  where: string;
  /** What must hold of it. */
  must: string;
  /** The value that was tested. */
  got: unknown;
  /** What to do. */
  fix: string;
}

/** An error whose message says where, what must hold, what was got and what to do. */
export class BlockFusionError extends Error {
  /** What kind of rule was broken. */
  readonly code: BlockFusionErrorCode;

  /** Makes the message of its parts: `<where>: <must>, got <got>; <fix>`. */
  constructor(code: BlockFusionErrorCode, parts: BlockFusionErrorParts) {
    super(`${parts.where}: ${parts.must}, got ${describe(parts.got)}; ${parts.fix}`);
    this.name = 'BlockFusionError';
    this.code = code;
  }
}

/** What is said of a value at most: a model's node may be of any length. Units: characters. */
const MAX_TEXT = 500;

function describe(value: unknown): string {
  const text = textOf(value);
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value instanceof Error) return value.message;
  try {
    // Undefined for undefined, functions and symbols, whatever its type says.
    const text: unknown = JSON.stringify(value);
    return typeof text === 'string' ? text : String(value);
  } catch {
    return String(value); // too deep, or a cycle
  }
}
