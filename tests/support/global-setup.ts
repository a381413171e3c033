/** Starts the servers that integration and e2e tests share, once for all test files. */
export default async function globalSetup(): Promise<void> {}
