/** What is left of the heap of a process after it has collected its garbage, as it says itself over the inspector. */

export interface Inspector {
  /** Collects garbage. @returns MB (10^6 bytes) of the JavaScript heap that is left; runs in progress hold buffers besides. */
  collect(): Promise<number>;
  close(): void;
}

/** @param port that the process was started with: `--inspect=127.0.0.1:PORT`. */
export async function openInspector(port: number): Promise<Inspector> {
  const [target] = (await (await fetch(`http://127.0.0.1:${port}/json`)).json()) as [
    { webSocketDebuggerUrl: string },
  ];
  const socket = new WebSocket(target.webSocketDebuggerUrl);
  const waiting = new Map<number, (result: unknown) => void>();
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve, { once: true });
    socket.addEventListener('error', reject, { once: true });
  });
  socket.addEventListener('message', ({ data }) => {
    const { id, result } = JSON.parse(String(data)) as { id: number; result: unknown };
    waiting.get(id)?.(result);
    waiting.delete(id);
  });
  let calls = 0;
  const call = (method: string, params: object = {}): Promise<unknown> =>
    new Promise((resolve) => {
      waiting.set(++calls, resolve);
      socket.send(JSON.stringify({ id: calls, method, params }));
    });
  return {
    async collect() {
      await call('HeapProfiler.collectGarbage');
      const expression = 'process.memoryUsage().heapUsed';
      const { result } = (await call('Runtime.evaluate', { expression })) as { result: { value: number } };
      return result.value / 1e6;
    },
    close: () => socket.close(),
  };
}
