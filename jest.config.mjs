const typescript = {jsc: {parser: {syntax: 'typescript'}, target: 'es2022'}};

/** Jest loads its environments, and what they import, outside its sandbox: there `import()` can stay what it is. */
const OUTSIDE = [
  '/test/helpers/webgpuEnvironment\\.ts$',
  '/test/helpers/nullWebGPUEnvironment\\.ts$',
  '/src/cli/host/webgpuInNode\\.ts$',
];
const outside = {...typescript, module: {type: 'commonjs', ignoreDynamic: true}};

/** Observable Plot and what it stands on are ES modules alone, which Jest cannot load as they are. */
const MODULES = ['@observablehq', 'd3', 'd3-[a-z-]+', 'internmap', 'delaunator', 'robust-predicates', 'isoformat'];

/** Tests that need no browser. Karma runs the shared bodies of test/suites in browsers (karma.conf.js). */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test', '<rootDir>/src', '<rootDir>/ops', '<rootDir>/models', '<rootDir>/bench'],
  testMatch: ['**/*.test.ts'],
  testPathIgnorePatterns: ['/test/browser/'],
  transform: {
    ...Object.fromEntries(OUTSIDE.map((path) => [path, ['@swc/jest', outside]])),
    '\\.[cm]?tsx?$': ['@swc/jest', typescript],
    '/node_modules/.*\\.m?js$': ['@swc/jest', {jsc: {target: 'es2022'}}],
  },
  transformIgnorePatterns: [`/node_modules/(?!(${MODULES.join('|')})/)`],
  testSequencer: '<rootDir>/test/helpers/longestFirst.mjs',
  maxWorkers: '100%', // jest would leave a core idle: of two, one
  testTimeout: 120_000,
};
