/**
 * What npm would publish, checked as others resolve it: publint looks at package.json against the files, attw at the types that each way
 * of importing finds. It packs dist as it is: after a build.
 */
import {execFileSync, spawnSync} from 'node:child_process';
import {mkdirSync} from 'node:fs';

const FOLDER = 'build';
mkdirSync(FOLDER, {recursive: true});
const packed = execFileSync('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', FOLDER], {
  encoding: 'utf8',
});
const [{filename}] = JSON.parse(packed);
const tarball = `${FOLDER}/${filename}`;

/** Of TypeScript's resolution `node10`, which knows no `exports`, only the package's own entry has types: the profiles leave it out. */
const CHECKS = [
  ['publint', 'run', '--strict', tarball],
  ['attw', tarball, '--profile', 'node16', '--exclude-entrypoints', './charts'],
  // An ES module alone, as Observable Plot is, which it stands on.
  ['attw', tarball, '--profile', 'esm-only', '--entrypoints', './charts'],
];
const failed = CHECKS.filter(([program, ...args]) => {
  console.log(`\n${[program, ...args].join(' ')}`);
  return spawnSync(`node_modules/.bin/${program}`, args, {stdio: 'inherit'}).status !== 0;
});
process.exitCode = failed.length === 0 ? 0 : 1;
