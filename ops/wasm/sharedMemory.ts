/**
 * One module for both kinds of memory: a module declares in its import whether the memory it takes is shared, and that is all that
 * differs. The embedded modules declare a plain one, which does not link with the shared memory of tfjs's threaded build.
 */

const IMPORT_SECTION = 2;
/** `env.memory`, one import, of kind memory. */
const ENV_MEMORY = [1, 3, ...ascii('env'), 6, ...ascii('memory'), 2];
/** At least one page; a shared memory must also have a maximum, 65536 pages in LEB128 as tfjs's own has. */
const PLAIN_LIMITS = [0x00, 0x01];
const SHARED_LIMITS = [0x03, 0x01, 0x80, 0x80, 0x04];

function importSection(limits: readonly number[]): number[] {
  const body = [...ENV_MEMORY, ...limits];
  return [IMPORT_SECTION, body.length, ...body];
}

function ascii(text: string): number[] {
  return Array.from(text, (character) => character.charCodeAt(0));
}

/**
 * Returns the module with its memory declared shared.
 * Throws: where it does not import a plain `env.memory` alone.
 */
export function withSharedMemory(module: Uint8Array): Uint8Array<ArrayBuffer> {
  const plain = importSection(PLAIN_LIMITS);
  const at = module.findIndex((_, i) => plain.every((byte, j) => module[i + j] === byte));
  if (at < 0) throw new Error('the module does not import a plain env.memory alone');
  return Uint8Array.from([
    ...module.subarray(0, at),
    ...importSection(SHARED_LIMITS),
    ...module.subarray(at + plain.length),
  ]);
}
