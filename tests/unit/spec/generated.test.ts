import { readFileSync } from 'node:fs';
import { generatedFiles } from '../../../scripts/generate-schemas.ts';

describe('files generated from the schemas', () => {
  it('are what scripts/generate-schemas.ts would write now', async () => {
    for (const [path, text] of await generatedFiles())
      expect(`${path}\n${readFileSync(path, 'utf8')}`).toBe(`${path}\n${text}`);
  });
});
