/** What a shader's text says, read without a device. */

const BYTES: Readonly<Record<string, number>> = {f32: 4, 'vec4<f32>': 16, 'vec4<f16>': 8};

/** Returns the workgroup memory that a text declares, each variable in whole 16 bytes as WebGPU counts them. Units: bytes. */
export function declaredBytes(text: string): number {
  const arrays = [...text.matchAll(/var<workgroup> \w+: array<(.+), (\d+)>;/g)];
  if (arrays.length !== text.split('var<workgroup>').length - 1) throw new Error('a workgroup variable is no array');
  return arrays.reduce((sum, [, type, length]) => sum + Math.ceil((BYTES[type!]! * Number(length)) / 16) * 16, 0);
}

/** Returns the bindings that nothing reads or writes that main calls: WebGPU leaves them out of the layout it infers. */
export function idleBindings(text: string): string[] {
  const functions = [...text.matchAll(/^fn (\w+)\(([\s\S]*?)^}/gm)];
  const wordsOf = new Map(functions.map(([, name, rest]) => [name!, outerWords(rest!)]));
  const reached = new Set(['main']);
  for (const caller of reached) for (const word of wordsOf.get(caller)!) if (wordsOf.has(word)) reached.add(word);
  const words = new Set([...reached].flatMap((name) => wordsOf.get(name)!));
  const bindings = [...text.matchAll(/@binding\(\d+\) var<.*> (\w+):/g)].map(([, name]) => name!);
  return bindings.filter((name) => !words.has(name));
}

/** The names that a function does not declare itself, components of vectors left out. */
function outerWords(rest: string): string[] {
  const own = new Set(
    [...rest.matchAll(/(?:let|var) (\w+)|(\w+): /g)].map(([, local, parameter]) => local ?? parameter),
  );
  return [...rest.matchAll(/(?<![.\w])\w+/g)].map(([word]) => word).filter((word) => !own.has(word));
}
