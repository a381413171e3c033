/** Where something stands in a spec. */
import { specPlaces } from '../../../src/spec/place.ts';

const LIST = `{
  "task_name": "t",
  "table": [
    { "name": "a" },
    { "name": "b", "cdc": { "updated at": "1 day" } }
  ]
}`;

it('finds tables in a list, and a single one that stands without', () => {
  const inList = specPlaces(LIST, 'a.json');
  expect(inList(['table', 1, 'cdc', 'updated at'])).toEqual({
    file: 'a.json',
    line: 5,
    column: 43,
    path: 'table[1].cdc["updated at"]',
  });
  const single = specPlaces('{\n"table": { "name": "a" } }', 'b.json');
  expect(single(['table', 0, 'name'])).toEqual({ file: 'b.json', line: 2, column: 20, path: 'table.name' });
});

it('names what is around what is not there', () => {
  const places = specPlaces(LIST, 'a.json');
  expect(places(['table', 0, 'split_order'])).toMatchObject({ line: 4, path: 'table[0]' });
  expect(places(['query', 'custom'])).toMatchObject({ line: 1, column: 1, path: '' });
});

it('knows the file alone where it is no JSON any more', () => {
  expect(specPlaces('{', 'a.json')(['table'])).toEqual({ file: 'a.json', line: 1, column: 1, path: '' });
});
