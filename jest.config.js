/**
 * Three suites: `unit` mirrors src and opens no sockets, `integration` uses real servers, `e2e` runs the built CLI.
 * The servers are started once for all files of a run, and only when a file of integration or e2e is in it.
 */
const base = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2023' }, module: { type: 'es6' } },
    ],
  },
};
const withServers = { ...base, globalSetup: '<rootDir>/tests/support/global-setup.ts' };

export default {
  maxWorkers: 2,
  projects: [
    { ...base, displayName: 'unit', testMatch: ['<rootDir>/tests/unit/**/*.test.ts'] },
    {
      ...withServers,
      displayName: 'integration',
      testMatch: ['<rootDir>/tests/integration/**/*.test.ts'],
      testTimeout: 30_000,
    },
    {
      ...withServers,
      displayName: 'e2e',
      testMatch: ['<rootDir>/tests/e2e/**/*.test.ts'],
      testTimeout: 120_000,
    },
  ],
};
