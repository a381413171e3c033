/** Jest runs this once before the test files of e2e: the shared servers, and a build of the CLI as its sources are. */
import { buildCli } from './cli.ts';
import { startSharedServers } from './shared-servers.ts';

export default async function e2eSetup(): Promise<void> {
  await buildCli();
  await startSharedServers();
}
