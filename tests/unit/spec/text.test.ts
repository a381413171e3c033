import { FaultsError } from '../../../src/errors.ts';
import { MAX_SPEC_BYTES, specText } from '../../../src/spec/text.ts';

const faultOf = (bytes: Buffer): string => {
  try {
    specText(bytes, 'a.json');
  } catch (error) {
    if (error instanceof FaultsError) return error.message;
    throw error;
  }
  return 'no fault';
};

it('is the text of a file in UTF-8', () => {
  expect(specText(Buffer.from('{"a": "Müller 😀"}'), 'a.json')).toBe('{"a": "Müller 😀"}');
});

it('refuses any other encoding and says where it stands', () => {
  expect(faultOf(Buffer.from('{\n"a": "Müller"}', 'latin1'))).toContain('line 2 is not UTF-8');
  expect(faultOf(Buffer.from('{}', 'utf16le'))).toBe('no fault');
  expect(faultOf(Buffer.from([0xff, 0xfe, 0x7b, 0x00]))).toContain('line 1 is not UTF-8');
});

it('refuses a file that nobody wrote by hand', () => {
  expect(faultOf(Buffer.alloc(MAX_SPEC_BYTES + 1, 0x20))).toContain('at most 4194304 bytes');
  expect(faultOf(Buffer.alloc(MAX_SPEC_BYTES, 0x20))).toBe('no fault');
});
