export {};
export const daemonCommand = async (_o: unknown): Promise<0> => 0;
