/** Calls a function of scripts/*.mjs, which are ES modules for Node itself: in a process of its own. */
import {execFileSync} from 'node:child_process';
import {join} from 'node:path';

const ROOT = join(__dirname, '../..');

/** Returns, by way of JSON, what `expression` gives in an ES module with `imports` before it. */
export function evaluate(imports: string, expression: string): unknown {
  const text = `${imports}\nconsole.log(JSON.stringify((await (${expression})) ?? null));`;
  return JSON.parse(execFileSync(process.execPath, ['--input-type=module', '-e', text], {cwd: ROOT}).toString());
}
