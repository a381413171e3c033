/** `/assets/…`: style sheet, scripts and icon of the pages. From memory: nothing that a request names is opened. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { gzipSync } from 'node:zlib';
import type { Route } from './route.ts';

const { resolve } = createRequire(import.meta.url);
const own = (name: string): URL => new URL(`assets/${name}`, import.meta.url);

const SCRIPT = 'text/javascript; charset=utf-8';
const STYLE = 'text/css; charset=utf-8';
const ASSETS: readonly (readonly [name: string, type: string, file: () => URL | string])[] = [
  ['style.css', STYLE, () => own('style.css')],
  ['page.js', SCRIPT, () => own('page.js')],
  ['chart.js', SCRIPT, () => own('chart.js')],
  ['icon.svg', 'image/svg+xml', () => own('icon.svg')],
  ['idiomorph.js', SCRIPT, () => resolve('idiomorph/dist/idiomorph.esm.js')],
  ['uPlot.js', SCRIPT, () => resolve('uplot/dist/uPlot.esm.js')],
  ['uPlot.css', STYLE, () => resolve('uplot/dist/uPlot.min.css')],
];

/** Reads the files; throws where one is missing. */
export function assetRoutes(): readonly Route[] {
  return ASSETS.map(([name, type, file]) => {
    const bytes = readFileSync(file());
    const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 20)}"`;
    const headers = {
      'Content-Type': type,
      'Cache-Control': 'no-cache',
      ETag: etag,
      Vary: 'Accept-Encoding',
    };
    let packed: Uint8Array<ArrayBuffer> | null = null;
    return {
      method: 'GET',
      path: `/assets/${name}`,
      answer: ({ req }) => {
        if (req.header('if-none-match') === etag) return new Response(null, { status: 304, headers });
        if (!/\bgzip\b/.test(req.header('accept-encoding') ?? '')) return new Response(bytes, { headers });
        packed ??= new Uint8Array(gzipSync(bytes));
        return new Response(packed, { headers: { ...headers, 'Content-Encoding': 'gzip' } });
      },
    };
  });
}
