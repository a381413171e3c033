/** deploy/alerts.yaml and deploy/grafana-dashboard.json as Prometheus reads them. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse } from 'yaml';
import { dashboardQueries } from '../support/dashboard.ts';
import { promtool } from '../support/promtool.ts';

const ROOT = path.join(import.meta.dirname, '../..');
const ALERTS = path.join(ROOT, 'deploy/alerts.yaml');

interface Rules {
  readonly groups: readonly {
    readonly rules: readonly {
      readonly alert: string;
      readonly expr: string;
      readonly labels: Readonly<Record<string, string>>;
      readonly annotations: Readonly<Record<string, string>>;
    }[];
  }[];
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'tidemark-rules-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const rules = (parse(readFileSync(ALERTS, 'utf8')) as Rules).groups.flatMap((group) => group.rules);

it('has alerts that Prometheus takes', () => {
  const { code, output } = promtool(['check', 'rules', ALERTS]);
  expect(output).toContain(`SUCCESS: ${rules.length} rules found`);
  expect(code).toBe(0);
});

it('has alerts that fire when they should, and not when they should not', () => {
  const { code, output } = promtool(['test', 'rules', path.join(ROOT, 'tests/fixtures/alerts.test.yaml')]);
  expect(output).toContain('SUCCESS');
  expect(code).toBe(0);
});

it('tests every alert', () => {
  const tests = readFileSync(path.join(ROOT, 'tests/fixtures/alerts.test.yaml'), 'utf8');
  expect(rules.map(({ alert }) => alert).filter((alert) => !tests.includes(alert))).toEqual([]);
});

it.each(rules)('says in $alert what is wrong, how bad it is, and what to do', ({ labels, annotations }) => {
  expect(['warning', 'critical']).toContain(labels['severity']);
  expect(annotations['summary']).toMatch(/Tidemark|\$labels\.(task|instance)/);
  expect(annotations['description']!.length).toBeGreaterThan(80);
});

it('has a dashboard of queries that Prometheus takes', () => {
  const queries = dashboardQueries();
  expect(queries.length).toBeGreaterThan(15);
  const file = path.join(folder, 'queries.json');
  const recorded = queries.map(({ expr }, index) => ({ record: `panel:${index}`, expr }));
  writeFileSync(file, JSON.stringify({ groups: [{ name: 'dashboard', rules: recorded }] }));
  const { code, output } = promtool(['check', 'rules', '--lint=none', file]);
  expect(output).toContain(`SUCCESS: ${queries.length} rules found`);
  expect(code).toBe(0);
});
