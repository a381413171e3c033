/**
 * Three suites: `unit` mirrors src and opens no sockets, `integration` uses real servers, `e2e` runs the built CLI.
 * A fourth, `soak`, takes as many minutes as `SOAK_MINUTES` says, and is there only where that is set.
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
const support = '<rootDir>/tests/support';
const soak = {
  ...base,
  displayName: 'soak',
  globalSetup: `${support}/e2e-setup.mts`,
  setupFilesAfterEnv: [`${support}/leftovers-after-all.ts`],
  globalTeardown: `${support}/global-teardown.mts`,
  testMatch: ['<rootDir>/tests/soak/**/*.test.ts'],
};

export default {
  maxWorkers: 2,
  // Jest takes it for all projects or for none. Hooks start servers and tests use them, on whatever machine.
  testTimeout: 300_000,
  projects: [
    { ...base, displayName: 'unit', testMatch: ['<rootDir>/tests/unit/**/*.test.ts'] },
    {
      ...base,
      displayName: 'integration',
      globalSetup: `${support}/global-setup.mts`,
      setupFilesAfterEnv: [`${support}/leftovers-after-all.ts`],
      globalTeardown: `${support}/global-teardown.mts`,
      testMatch: ['<rootDir>/tests/integration/**/*.test.ts'],
    },
    {
      ...base,
      displayName: 'e2e',
      globalSetup: `${support}/e2e-setup.mts`,
      setupFilesAfterEnv: [`${support}/leftovers-after-all.ts`],
      globalTeardown: `${support}/global-teardown.mts`,
      testMatch: ['<rootDir>/tests/e2e/**/*.test.ts'],
    },
    ...(process.env['SOAK_MINUTES'] === undefined ? [] : [soak]),
  ],
};
