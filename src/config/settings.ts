/**
 * The settings that the schema knows, as paths: which there are, how the environment names them, and how a text
 * becomes a value of theirs.
 */
import type { Segment } from '../spec/json-document.ts';
import { configSchema } from './schema.ts';

/** What this module reads of a JSON Schema. */
interface SettingSchema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, SettingSchema>>;
  readonly additionalProperties?: SettingSchema | boolean;
}

export type Path = readonly Segment[];

export const VARIABLE_PREFIX = 'TIDEMARK_';

/** The environment variable of a setting: `TIDEMARK_SOURCES__MYSQL__HOST` for sources.mysql.host. */
export function variableName(path: Path): string {
  const words = path.map((segment) =>
    String(segment)
      .toUpperCase()
      .replace(/[^A-Z0-9]/g, '_'),
  );
  return `${VARIABLE_PREFIX}${words.join('__')}`;
}

/**
 * The path of every setting.
 *
 * @param entryNames the names to put in where the user chooses them, for `sources` and `sinks`.
 */
export function settingPaths(entryNames: (map: string) => readonly string[]): Path[] {
  const walk = (schema: SettingSchema, path: Path): Path[] => {
    const own =
      path.length > 0 && (schema.properties === undefined || typesOf(schema).includes('null')) ? [path] : [];
    if (typeof schema.additionalProperties === 'object') {
      const entry = schema.additionalProperties;
      return entryNames(String(path[0])).flatMap((name) => walk(entry, [...path, name]));
    }
    const inner = Object.entries(schema.properties ?? {}).filter(([key]) => key !== '$schema');
    return [...own, ...inner.flatMap(([key, property]) => walk(property, [...path, key]))];
  };
  return walk(configSchema, []);
}

/** A text from the environment, a flag or `${…}` as the type that the setting has; as it is where it fits none. */
export function convertText(text: string, path: Path): unknown {
  const schema = schemaAt(path);
  if (schema === null) return text;
  const types = typesOf(schema);
  if (types.includes('null') && (text === 'null' || text === '')) return null;
  if (types.includes('string')) return text;
  if (types.includes('array')) return text.split(',').map((item) => item.trim());
  if ((types.includes('number') || types.includes('integer')) && /^-?\d{1,15}(\.\d{1,15})?$/.test(text)) {
    return Number(text);
  }
  if (types.includes('boolean') && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}

function schemaAt(path: Path): SettingSchema | null {
  let schema: SettingSchema = configSchema;
  for (const segment of path) {
    const entry = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : null;
    const properties = schema.properties ?? {};
    const next = Object.hasOwn(properties, segment) ? properties[segment] : entry;
    if (next === null || next === undefined) return null;
    schema = next;
  }
  return schema;
}

function typesOf(schema: SettingSchema): string[] {
  if (schema.enum !== undefined) return schema.enum.map((word) => (word === null ? 'null' : typeof word));
  return [schema.type ?? []].flat();
}
