/** Tests that need no browser. Karma runs the shared bodies of test/suites in Chromium (karma.conf.js). */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test', '<rootDir>/src', '<rootDir>/ops', '<rootDir>/models', '<rootDir>/bench'],
  testMatch: ['**/*.test.ts'],
  testPathIgnorePatterns: ['/test/browser/'],
  transform: {'\\.[cm]?tsx?$': ['@swc/jest', {jsc: {parser: {syntax: 'typescript'}, target: 'es2022'}}]},
  testTimeout: 60_000,
};
