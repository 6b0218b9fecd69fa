/** Compiles folders of AssemblyScript, one after the other in one process: `compileAssembly.mjs [level folder]…` writes module.wasm into each. */
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {compileAssembly, LEVEL_FLAGS} from '../../scripts/assembly.mjs';

const args = process.argv.slice(2);
for (let i = 0; i < args.length; i += 2) {
  const [level, folder] = args.slice(i, i + 2);
  writeFileSync(join(folder, 'module.wasm'), await compileAssembly(folder, ['-O1', ...LEVEL_FLAGS[level]]));
}
