/** The queries of deploy/grafana-dashboard.json, as Grafana sends them. */
import { readFileSync } from 'node:fs';
import path from 'node:path';

const FILE = path.join(import.meta.dirname, '../../deploy/grafana-dashboard.json');

interface Panel {
  readonly title: string;
  readonly description?: string;
  readonly targets?: readonly { readonly expr: string }[];
  readonly panels?: readonly Panel[];
}

interface Dashboard {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly query: unknown }[] };
}

/** What Grafana puts in the place of its variables. */
const VALUES: readonly (readonly [variable: RegExp, value: string])[] = [
  [/\$__rate_interval|\$__interval/g, '5m'],
  [/\$__range/g, '1d'],
  [/\$(job|instance|task)\b/g, '.*'],
];

export interface DashboardQuery {
  readonly panel: string;
  readonly expr: string;
}

/** Queries of all panels, and of the variables that are chosen from. */
export function dashboardQueries(): readonly DashboardQuery[] {
  const { panels, templating } = JSON.parse(readFileSync(FILE, 'utf8')) as Dashboard;
  const ofPanels = panels
    .flatMap((panel) => [panel, ...(panel.panels ?? [])])
    .flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ panel: title, expr: filled(expr) })));
  const ofVariables = templating.list.flatMap(({ name, query }) => {
    const series = /^label_values\((.+), *\w+\)$/.exec(String(query))?.[1];
    return series === undefined ? [] : [{ panel: `variable ${name}`, expr: filled(series) }];
  });
  return [...ofPanels, ...ofVariables];
}

function filled(expr: string): string {
  const text = VALUES.reduce((so_far, [variable, value]) => so_far.replaceAll(variable, value), expr);
  if (/\$/.test(text)) throw new Error(`a variable of Grafana is left in: ${text}`);
  return text;
}

/** Names of metrics in a query, without the suffixes of histograms. */
export function metricsIn(expr: string): readonly string[] {
  return [...expr.matchAll(/\btidemark_[a-z0-9_]+/g)].map(([name]) => name);
}
