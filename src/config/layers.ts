/**
 * Lays the environment and the command line over the config file, and remembers where each value came from, so
 * that a fault names the line or the variable to correct.
 */
import type { Fault } from '../errors.ts';
import { plainValue } from '../spec/json-document.ts';
import type { JsonDocument } from '../spec/json-document.ts';
import { didYouMean } from '../nearest.ts';
import { fault, placesIn } from '../spec/schema-faults.ts';
import type { Places } from '../spec/schema-faults.ts';
import { showText } from '../spec/show.ts';
import { SECRET_SETTINGS } from './config.ts';
import { convertText, settingPaths, variableName, VARIABLE_PREFIX } from './settings.ts';
import type { Path } from './settings.ts';
import { substitute } from './substitute.ts';

type Environment = Readonly<Record<string, string | undefined>>;
type Values = Record<string, unknown>;

export interface Layers {
  /** All layers as one value, not validated. */
  readonly value: Values;
  readonly places: Places;
  readonly faults: readonly Fault[];
  /** What `${…}` put into secret settings. */
  readonly secrets: readonly string[];
}

/**
 * @param env variables beginning with TIDEMARK_ are settings; any may be named by `${…}`.
 * @param overrides values by dotted path (`batch_threshold_mb`), as they stand on the command line.
 */
export function layConfig(
  document: JsonDocument,
  env: Environment,
  overrides: Readonly<Record<string, string>>,
): Layers {
  const value = plainValue(document.root) as Values;
  const origins = new Map<string, string>();
  const placeholders = new Map<string, string>();
  const faults: Fault[] = [];
  const secrets: string[] = [];
  const named = new Set<string>();
  const places = placesOver(document, value, origins, placeholders);

  const expand = (text: string, path: Path): unknown => {
    if (!text.includes('${')) return text;
    const expanded = substitute(text, env);
    for (const message of expanded.faults) faults.push(fault(places, path, 'value', message));
    if (isSecret(path)) secrets.push(...expanded.pieces);
    for (const placeholder of expanded.placeholders) named.add(placeholder.slice(2, -1));
    if (expanded.placeholders.length === 0) return expanded.text;
    placeholders.set(id(path), expanded.placeholders.join(' '));
    return expanded.faults.length === 0 ? convertText(expanded.text, path) : expanded.text;
  };
  expandTexts(value, [], expand);

  const put = (path: Path, text: string, origin: string): void => {
    if (!putAt(value, path, convertText(text, path))) return;
    origins.set(id(path), origin);
    placeholders.delete(id(path));
  };
  for (const { name, text, path } of settingsOf(env, value, named, faults))
    put(path, text, `environment variable ${name}`);
  for (const [dotted, text] of Object.entries(overrides)) put(dotted.split('.'), text, 'command line');
  return { value, places, faults, secrets };
}

function expandTexts(node: unknown, path: Path, expand: (text: string, path: Path) => unknown): void {
  if (typeof node !== 'object' || node === null) return;
  const holder = node as Record<string, unknown>;
  for (const key of Object.keys(holder)) {
    const inner = [...path, Array.isArray(node) ? Number(key) : key];
    const value = holder[key];
    if (typeof value === 'string') holder[key] = expand(value, inner);
    else expandTexts(value, inner, expand);
  }
}

/**
 * The settings that the environment holds. An empty variable counts as not set: that is how most tools unset one.
 *
 * @param named variables that the file itself names: they need not be settings.
 */
function settingsOf(
  env: Environment,
  value: Values,
  named: ReadonlySet<string>,
  faults: Fault[],
): { readonly name: string; readonly text: string; readonly path: Path }[] {
  const paths = settingPaths((map) => Object.keys(value[map] ?? {}));
  const known = new Map(paths.map((path) => [variableName(path), path]));
  return Object.entries(env).flatMap(([name, text]) => {
    if (!name.startsWith(VARIABLE_PREFIX) || name === `${VARIABLE_PREFIX}CONFIG` || !text) return [];
    const path = known.get(name) ?? pathOfNewEntry(name);
    if (path !== null) return [{ name, text, path }];
    if (named.has(name)) return [];
    const words = [...known.keys(), `${VARIABLE_PREFIX}CONFIG`].map((word) =>
      word.slice(VARIABLE_PREFIX.length),
    );
    const near = didYouMean(name.slice(VARIABLE_PREFIX.length), words).replace('"', `"${VARIABLE_PREFIX}`);
    const message = `belongs to no setting.${near} Allowed: ${VARIABLE_PREFIX} and the name of a setting, with "__" between its levels, such as TIDEMARK_HTTP__PORT.`;
    faults.push({ file: `environment variable ${name}`, line: 1, column: 1, path: '', message });
    return [];
  });
}

/** A source or sink that only the environment knows: TIDEMARK_SOURCES__REPLICA__HOST. */
function pathOfNewEntry(name: string): Path | null {
  const [, entry] = /^TIDEMARK_(?:SOURCES|SINKS)__([A-Z0-9][A-Z0-9_]*?)__[A-Z0-9_]+$/.exec(name) ?? [];
  if (entry === undefined) return null;
  const paths = settingPaths(() => [entry.toLowerCase()]);
  return paths.find((path) => variableName(path) === name) ?? null;
}

function putAt(root: Values, path: Path, value: unknown): boolean {
  let holder = root;
  for (const key of path.slice(0, -1)) {
    const inner = holder[key] ?? (Object.create(null) as Values);
    if (typeof inner !== 'object' || Array.isArray(inner)) return false; // The wrong type there is reported as such.
    holder[key] = inner;
    holder = inner as Values;
  }
  holder[path.at(-1)!] = value;
  return true;
}

function isSecret(path: Path): boolean {
  return SECRET_SETTINGS.includes(String(path.at(-1)));
}

function id(path: Path): string {
  return JSON.stringify(path);
}

/** Places in the file, in the environment and on the command line; secrets and what `${…}` stood for are not shown. */
function placesOver(
  document: JsonDocument,
  value: Values,
  origins: ReadonlyMap<string, string>,
  placeholders: ReadonlyMap<string, string>,
): Places {
  const inFile = placesIn(document);
  // An item of a list comes from where the list does.
  const originOf = (path: Path): string | undefined =>
    origins.get(id(path)) ??
    (typeof path.at(-1) === 'number' ? origins.get(id(path.slice(0, -1))) : undefined);
  return {
    locate(path, part) {
      const origin = originOf(path);
      return origin === undefined ? inFile.locate(path, part) : { file: origin, line: 1, column: 1 };
    },
    describe(path) {
      const placeholder = placeholders.get(id(path));
      if (placeholder !== undefined) return `what ${placeholder} stands for`;
      if (isSecret(path)) return 'a secret that does not fit';
      if (originOf(path) === undefined) return inFile.describe(path);
      const found = path.reduce<unknown>((at, key) => (at as Values)[key], value);
      return typeof found === 'string' ? showText(found) : String(found);
    },
  };
}
