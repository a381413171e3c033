/** A document as an answer: one line of JSON that nobody keeps. */

/** @param body what `JSON.stringify` takes. */
export function json(body: unknown, status = 200): Response {
  const bytes = Buffer.from(`${JSON.stringify(body)}\n`);
  return new Response(bytes, {
    status,
    headers: {
      'Content-Type': 'application/json; charset=utf-8',
      'Content-Length': String(bytes.length),
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
    },
  });
}
