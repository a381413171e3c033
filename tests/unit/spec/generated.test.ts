import { Ajv } from 'ajv';
import { readFileSync } from 'node:fs';
import { generatedFiles } from '../../../scripts/generate-schemas.ts';
import { configSchema } from '../../../src/config/schema.ts';
import { specSchema } from '../../../src/spec/schema.ts';

describe('files generated from the schemas', () => {
  it('are what scripts/generate-schemas.ts would write now', async () => {
    for (const [path, text] of await generatedFiles())
      expect(`${path}\n${readFileSync(path, 'utf8')}`).toBe(`${path}\n${text}`);
  });
});

it.each([
  ['spec', specSchema],
  ['config', configSchema],
])('the schema of the %s is a valid one: the program takes it for granted', (_, schema) => {
  const ajv = new Ajv();
  expect(ajv.validateSchema(schema)).toBe(true);
  expect(ajv.validateSchema({ ...schema, required: 'everything' })).toBe(false);
});
