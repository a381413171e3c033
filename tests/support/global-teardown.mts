/** Jest runs this once after all test files of integration and e2e. */
import { stopSharedServers } from './shared-servers.ts';

const PATIENCE_SECONDS = 30;

export default async function globalTeardown(): Promise<void> {
  await stopSharedServers();
  // A test that left a server or a connection open would keep Jest from ending, for ever.
  setTimeout(() => {
    const open = process.getActiveResourcesInfo().join(', ');
    process.stderr.write(`A test has left something open, so that Jest cannot end: ${open}\n`);
    process.exit(1);
  }, PATIENCE_SECONDS * 1000).unref();
}
