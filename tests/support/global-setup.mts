/** Jest runs this once before the test files of integration. The ending .mts makes it import it as what it is: ESM. */
export { startSharedServers as default } from './shared-servers.ts';
