/** What a kernel module must be to live in somebody else's memory, read from its bytes (buildWasm.mjs checks with it). */

const SECTION = {import: 2, start: 8, data: 11};
const KIND = {function: 0, table: 1, memory: 2, global: 3};

/**
 * Returns what keeps a WebAssembly module from being loaded into the backend's memory beside the backend's own data;
 * empty when nothing does. Such a module imports `env.memory` and nothing else, has no data segment (it would overwrite
 * the backend's) and no start function (it would run at load).
 *
 * @param {Uint8Array} bytes
 * @returns {string[]}
 */
export function guestFaults(bytes) {
  const faults = [];
  let imports = [];
  for (const {id, reader} of sections(bytes)) {
    if (id === SECTION.import) imports = readImports(reader);
    if (id === SECTION.start) faults.push('has a start function');
    if (id === SECTION.data && reader.unsigned() > 0) faults.push('has a data segment');
  }
  const wanted = imports.filter(({name, kind}) => name === 'env.memory' && kind === KIND.memory);
  if (wanted.length !== 1) faults.push('does not import env.memory');
  for (const {name} of imports) if (name !== 'env.memory') faults.push(`imports ${name}`);
  return faults;
}

function* sections(bytes) {
  const reader = new Reader(bytes, 8); // past the magic number and the version
  while (reader.at < bytes.length) {
    const id = reader.byte();
    const end = reader.unsigned() + reader.at;
    yield {id, reader: new Reader(bytes, reader.at)};
    reader.at = end;
  }
}

function readImports(reader) {
  return Array.from({length: reader.unsigned()}, () => {
    const name = `${reader.text()}.${reader.text()}`;
    const kind = reader.byte();
    if (kind === KIND.memory || kind === KIND.table) {
      if (kind === KIND.table) reader.byte();
      const hasMaximum = reader.byte() & 1;
      reader.unsigned();
      if (hasMaximum) reader.unsigned();
    } else {
      reader.unsigned();
      if (kind === KIND.global) reader.byte();
    }
    return {name, kind};
  });
}

/** Reads WebAssembly's binary primitives one after the other. */
class Reader {
  constructor(bytes, at) {
    this.bytes = bytes;
    this.at = at;
  }

  byte() {
    return this.bytes[this.at++];
  }

  /** An unsigned LEB128 number. */
  unsigned() {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  }

  text() {
    const length = this.unsigned();
    this.at += length;
    return Buffer.from(this.bytes.subarray(this.at - length, this.at)).toString('utf8');
  }
}
