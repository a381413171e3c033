/** Where something stands in a spec that has been parsed already. */
import type { Fault } from '../errors.ts';
import { nodeAt, readJson, type Segment } from './json-document.ts';
import { showPath } from './show.ts';

/**
 * Line, column and path of what a path names, or of the nearest thing around it that is there.
 *
 * @param path as in a spec with a list of tables, `['table', 0, 'cdc']`; a single table may stand there without one.
 */
export function specPlaces(text: string, file: string): (path: readonly Segment[]) => Omit<Fault, 'message'> {
  const { document } = readJson(text, file);
  return (wanted) => {
    if (document === null) return { file, line: 1, column: 1, path: '' };
    const isList = nodeAt(document.root, ['table'])?.type === 'array';
    let path = wanted[0] === 'table' && !isList ? wanted.filter((_, at) => at !== 1) : [...wanted];
    while (nodeAt(document.root, path) === null) path = path.slice(0, -1);
    const node = nodeAt(document.root, path)!;
    return { file, ...document.position(node.offset), path: showPath(path) };
  };
}
